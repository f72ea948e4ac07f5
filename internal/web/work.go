package web

// Work is an officer at work as the frame of the office's pages shows it. All
// texts are in the page's language.
type Work struct {
	// Mark tells one officer from another, for tabs of one browser that talk
	// to each other.
	Mark string
	// Initials stand for a picture where there is none; Picture is the
	// picture's path.
	Initials, Picture string
	// Post is the active post's id, which every form carries as "quyen"; Role
	// and Unit are its words. All are empty for an officer without a post.
	Post, Role, Unit string
	Posts            []WorkPost
	LastSignIn       string // "16:52, 17/11/2026", or "" for the first time
	Menu             []WorkMenu
	// Shared marks a machine of several officers: forms are not filled in by
	// the browser, and leaving clears what it has kept.
	Shared bool
}

// A WorkPost is a line of "Đổi quyền".
type WorkPost struct {
	ID, Role, Unit string
	Active         bool
}

// WorkMenu is a group of the side menu.
type WorkMenu struct {
	Title string
	Links []WorkLink
}

// A WorkLink is a page that the active post may open. Icon is one that the
// frame draws: "home", "person", "people", "desk" or "paper".
type WorkLink struct {
	Path, Text, Icon string
	Here             bool
}
