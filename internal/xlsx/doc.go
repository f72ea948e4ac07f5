// Package xlsx reads spreadsheets that strangers send and writes those that
// people open.
//
// Read holds a file against bounds before anything is made of it: what it is
// (an .xlsx of Excel 2007 or later, without macros, password or foreign parts),
// what it unpacks to, how many rows it has. Each refusal is an error of its
// own, so that a page can say what to do. Only the first sheet counts; formulas
// are never computed, their stored values are taken.
//
// Write makes every cell a text: what begins with = + - @ stays one when it is
// opened, and when it is saved as CSV.
package xlsx
