// Package qrcode draws QR codes (ISO/IEC 18004) as SVG: the sign-in code that
// changes every two seconds, the secret of an authenticator app, an address on
// the demo desk.
package qrcode
