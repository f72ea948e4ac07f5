package org

import "strings"

// A PageKey names a page of the office where a sign-in can lead.
type PageKey string

// The pages. The site knows their addresses.
const (
	PageHome     PageKey = "home"
	PageProfile  PageKey = "profile"
	PageOfficers PageKey = "officers"
	PageMachines PageKey = "machines"
	PageNumbers  PageKey = "numbers"
	PageAccounts PageKey = "accounts"
	PageRequests PageKey = "requests"
	PageImport   PageKey = "import"
	PageClients  PageKey = "clients"
	PageEvents   PageKey = "events"
	PageMessages PageKey = "messages"
)

// pageRights are the pages in the order of lists, with the right that opens
// each; "" is anybody's.
var pageRights = []struct {
	Key   PageKey
	Right Right
}{{PageHome, ""}, {PageProfile, RightProfile}, {PageOfficers, RightOfficersView}, {PageMachines, RightMachines}, {PageNumbers, RightNumbers},
	{PageAccounts, RightAccounts}, {PageRequests, RightAccounts}, {PageImport, RightAccounts}, {PageClients, RightClients}, {PageEvents, RightAccountsAudit},
	{PageMessages, RightConfigure}}

// A Page is a choice of Trang mặc định.
type Page struct {
	Key   PageKey
	Value string // what the form sends: "post id:page"
}

// A PageGroup is the pages that one post opens.
type PageGroup struct {
	Post  Post
	Pages []Page
}

// Pages returns the choices of Trang mặc định, grouped by post.
func Pages(posts []Post) []PageGroup {
	var groups []PageGroup
	for _, p := range posts {
		g := PageGroup{Post: p}
		for _, page := range pageRights {
			if page.Right == "" || p.Holds(page.Right) {
				g.Pages = append(g.Pages, Page{page.Key, p.ID + ":" + string(page.Key)})
			}
		}
		groups = append(groups, g)
	}
	return groups
}

// Opens reports whether the post may open the page.
func (p Post) Opens(key PageKey) bool {
	for _, page := range pageRights {
		if page.Key == key {
			return page.Right == "" || p.Holds(page.Right)
		}
	}
	return false
}

// DefaultFor returns where a sign-in leads whose officer chose this default
// page: a post, "" when none was chosen or none is left, and a page of it.
// fallen says that the choice is no longer possible and home stands in. posts
// are those of now.
func DefaultFor(choice string, posts []Post) (postID string, page PageKey, fallen bool) {
	if choice == "" {
		return "", PageHome, false
	}
	id, key, _ := strings.Cut(choice, ":")
	for _, p := range posts {
		switch {
		case p.ID != id:
		case p.Opens(PageKey(key)):
			return p.ID, PageKey(key), false
		default:
			return p.ID, PageHome, true
		}
	}
	return "", PageHome, true
}

// choosable reports whether one of the posts offers this choice.
func choosable(choice string, posts []Post) bool {
	_, _, fallen := DefaultFor(choice, posts)
	return !fallen
}
