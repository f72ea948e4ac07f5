// Package house holds no code: its tests keep the rules of the house
// (docs/architecture.md) over all other packages. Imports run one way, each
// dependency has its reason, time comes from the clock, and nothing personal
// or foreign slips into the tree.
package house
