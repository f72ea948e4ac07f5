// Package i18n holds every sentence that a person sees, in Vietnamese and in
// English.
//
// The files vi/*.json and en/*.json, one for each room, are flat: a key such as "id.otp.wrong" (room, page,
// name) and its text with the verbs of package fmt. A text shown with HTML may
// hold markup of ours; its arguments are escaped. Both files hold the same
// keys; i18ntest.Check proves that each key used in code or templates exists
// and that none lies unused.
package i18n
