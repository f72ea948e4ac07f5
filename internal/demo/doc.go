// Package demo invents a province: Hưng Yên with a few of its units, officers
// and citizens, so that `motcua demo` has something to show.
//
// Nobody here exists. Identity numbers begin with 099, which no province has;
// phones are 0900 000 xxx. All citizens share one password and all officers
// another; the desk at /sandbox shows both. Load keeps what is there: a second
// start changes nothing that somebody did in the first.
package demo
