// Package office is the officers' site, Một cửa điện tử. Its front page says
// what the site is, who runs it and whom to call; officers' accounts are made
// on the console (motcua officer).
package office
