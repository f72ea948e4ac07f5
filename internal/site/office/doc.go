// Package office is the officers' site, Một cửa điện tử: its routes, its
// pages and what its forms do. The rules are org's.
//
// routes.go is the whole table. Every page behind the sign-in is wrapped by
// site.signed: it leads to the sign-in or to the lock screen and back, keeps a
// form that comes too late (kept.go), asks when the active post has changed in
// another tab (moved.go), and holds the page to a right of the active post.
// profile*.go, phone.go and avatar.go are the personal page, admin*.go the
// administration; what a finished form tells waits in a cookie for the next
// page (notice.go). Forms that carry a file have a bound of their own.
// signin.go and steps.go are the way in, vneid.go the way through the
// province's identity provider. Cookies: "s" the session, "b" a sign-in under
// way, "d" a browser that is known, "m" a machine of several officers, "tx"
// the browser that went to the provider, "tb" a notice.
package office
