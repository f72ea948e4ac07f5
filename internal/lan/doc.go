// Package lan knows the local network: which address this machine has there,
// and how a browser on a phone comes to trust it. It makes a certification
// authority of the machine's own, which can vouch for addresses of local
// networks only, and a certificate of it for the machine.
package lan
