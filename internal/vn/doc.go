// Package vn holds Vietnamese facts that need no database: what an identity
// number and a mobile number say, how names compare, how text is folded for
// search and for SMS, how dates are written, and the communes of Hưng Yên.
//
// All functions are pure, accept any input, and are bounded by the constants
// beside them. What a mismatch means is the caller's rule: Check only reports.
package vn
