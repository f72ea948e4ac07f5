package org

import (
	"context"
	"slices"
	"time"

	"motcua/internal/db"
)

// A Right is something that a post may do. Pages ask for rights, never for
// roles.
type Right string

// The rights. Those of dossiers are held by roles already and used when
// dossiers come.
const (
	RightProfile        Right = "profile" // one's own page
	RightOfficersView   Right = "officers.view"
	RightOfficersManage Right = "officers.manage" // add, reset, unlock, set the number
	RightPostsManage    Right = "posts.manage"
	RightMachines       Right = "machines" // shared machines and networks
	RightNumbers        Right = "numbers"  // the list of certified numbers
	RightConfigure      Right = "configure"
	RightExport         Right = "export"
	RightAudit          Right = "audit"

	// Rights on the identity provider: citizens' accounts, a second officer's
	// word on them (four eyes), the services registered there, what was done
	// with all that.
	RightAccounts        Right = "accounts"
	RightAccountsApprove Right = "accounts.approve"
	RightClients         Right = "clients"
	RightAccountsAudit   Right = "accounts.audit"

	RightReceive     Right = "dossier.receive"
	RightProcess     Right = "dossier.process"
	RightApprove     Right = "dossier.approve"
	RightIssue       Right = "dossier.issue"
	RightCollectFees Right = "dossier.collect"
	RightReturn      Right = "dossier.return"
	RightObserve     Right = "dossier.observe"
)

// Rights returns all rights.
func Rights() []Right {
	return []Right{RightProfile, RightOfficersView, RightOfficersManage, RightPostsManage, RightMachines, RightNumbers,
		RightConfigure, RightExport, RightAudit, RightAccounts, RightAccountsApprove, RightClients, RightAccountsAudit, RightReceive, RightProcess, RightApprove, RightIssue, RightCollectFees,
		RightReturn, RightObserve}
}

// A Thing is what a right is used on. The zero Thing is nothing in particular:
// may this post do such things at all.
type Thing struct {
	UnitID  string // inside this unit
	Officer string // on this officer (an id): where all of the officer's posts are
}

// reach is how far the rights of a role go from its unit. A post without a
// unit reaches the whole province whatever the role.
type reach int

const (
	nowhere reach = iota
	ownUnit
	unitAndBelow
	province
)

// duties is what a role holds.
type duties struct {
	reach  reach
	rights []Right
}

// dutiesOf is the one table of who may do what. Administration holds no right
// on dossiers and dossiers none on administration, so that nobody gives
// themselves work and then approves it.
var dutiesOf = map[Role]duties{
	RoleReception:       {ownUnit, []Right{RightReceive, RightReturn}},
	RoleHandler:         {ownUnit, []Right{RightProcess}},
	RoleDivisionLeader:  {unitAndBelow, []Right{RightProcess, RightApprove, RightObserve}},
	RoleUnitLeader:      {unitAndBelow, []Right{RightApprove, RightObserve}},
	RoleCentreDirector:  {unitAndBelow, []Right{RightApprove, RightObserve, RightExport}},
	RoleCommitteeLeader: {unitAndBelow, []Right{RightApprove, RightObserve}},
	RoleClerk:           {ownUnit, []Right{RightIssue}},
	RoleCashier:         {ownUnit, []Right{RightCollectFees}},
	RoleProcedureOffice: {unitAndBelow, []Right{RightObserve, RightExport}},
	RolePostal:          {ownUnit, []Right{RightReceive, RightReturn}},
	RoleUnitAdmin:       {unitAndBelow, []Right{RightOfficersView, RightOfficersManage, RightPostsManage, RightMachines}},
	RoleAdmin: {province, []Right{RightOfficersView, RightOfficersManage, RightPostsManage, RightMachines, RightNumbers,
		RightConfigure, RightExport, RightAudit, RightAccountsAudit}},
	RoleIdentityAdmin: {province, []Right{RightAccounts, RightAccountsApprove, RightClients, RightAccountsAudit}},
	RoleObserver:      {unitAndBelow, []Right{RightObserve}},
}

// holds reports whether a role has a right somewhere. The own page belongs to
// every role.
func holds(role Role, right Right) bool {
	return role.Valid() && (right == RightProfile || slices.Contains(dutiesOf[role].rights, right))
}

// may is the rule itself. unitID is the unit a thing is in, "" without one;
// of are the posts of the officer it is done to, nil without one; below tells
// the units of the post's own branch.
func may(post Post, right Right, unitID string, of []Post, below func(unitID string) bool) bool {
	switch {
	case !holds(post.Role, right):
		return false
	case unitID != "" && !post.reaches(&unitID, below):
		return false
	case of == nil:
		return true
	case right == RightOfficersView:
		return slices.ContainsFunc(of, func(p Post) bool { return post.reaches(p.UnitID, below) })
	}
	// Whoever runs one unit must not reset the password of somebody who has a
	// say elsewhere too, and nobody that of a role above their own.
	return !slices.ContainsFunc(of, func(p Post) bool {
		return !post.reaches(p.UnitID, below) || overUnits(p.Role) && post.Role != RoleAdmin
	})
}

// overUnits reports a role that only the system's administrator may give, and
// whose officers nobody else may manage: its say goes beyond every unit.
func overUnits(r Role) bool { return r == RoleAdmin || r == RoleIdentityAdmin }

// everywhere: the post reaches the whole province.
func (p Post) everywhere() bool { return p.UnitID == nil || dutiesOf[p.Role].reach == province }

// reaches reports whether a place lies within the post's reach; nil is the
// whole province.
func (p Post) reaches(place *string, below func(unitID string) bool) bool {
	switch {
	case p.everywhere():
		return true
	case place == nil:
		return false
	case *place == *p.UnitID:
		return true
	}
	return dutiesOf[p.Role].reach == unitAndBelow && below(*place)
}

// Live reports whether the post stands at a moment.
func (p Post) Live(at time.Time) bool {
	return !p.From.After(at) && (p.To == nil || p.To.After(at))
}

// Holds reports whether posts of this role have a right somewhere, for menus.
// May decides.
func (p Post) Holds(right Right) bool { return holds(p.Role, right) }

// May reports whether a post gives a right on a thing now. To see an officer
// one post within reach is enough; to change one, all must be. A unit that
// does not exist is out of everybody's reach but the province's.
func (s *Service) May(ctx context.Context, post Post, right Right, thing Thing) (bool, error) {
	return s.may(ctx, s.db, post, right, thing)
}

func (s *Service) may(ctx context.Context, q db.Querier, post Post, right Right, thing Thing) (bool, error) {
	if !post.Live(s.clk.Now()) || !holds(post.Role, right) {
		return false, nil
	}
	if right == RightProfile {
		return thing.Officer == "" || thing.Officer == post.OfficerID, nil
	}
	if thing == (Thing{}) {
		return true, nil
	}
	var of []Post
	if thing.Officer != "" {
		var err error
		if of, err = s.weighing(ctx, q, thing.Officer); err != nil {
			return false, err
		}
	}
	var branch []string
	if !post.everywhere() {
		var err error
		if branch, err = s.branch(ctx, q, *post.UnitID); err != nil {
			return false, err
		}
	}
	return may(post, right, thing.UnitID, of, func(id string) bool { return slices.Contains(branch, id) }), nil
}

// branch returns a unit and all below it.
func (s *Service) branch(ctx context.Context, q db.Querier, unitID string) ([]string, error) {
	return db.Select[string](ctx, q, branchCTE+` SELECT id FROM branch LIMIT $2`, unitID, MaxUnits)
}

// branchCTE names the units from $1 downwards. UNION, not UNION ALL: a circle
// among the units must end.
const branchCTE = `WITH RECURSIVE branch (id) AS (SELECT id FROM unit WHERE id = $1
	UNION SELECT u.id FROM unit u JOIN branch b ON u.parent_id = b.id)`

// weighing returns an officer's posts of now and later. Without any it is the
// last one, so that whoever let somebody go can take them back; an officer who
// never had a post belongs to the province.
func (s *Service) weighing(ctx context.Context, q db.Querier, officerID string) ([]Post, error) {
	all, err := s.allPosts(ctx, q, officerID)
	if err != nil {
		return nil, err
	}
	posts := []Post{}
	last := Post{}
	for _, p := range all {
		if p.To == nil || p.To.After(s.clk.Now()) {
			posts = append(posts, p)
		} else if last.To == nil || last.To.Before(*p.To) {
			last = p
		}
	}
	if len(posts) == 0 {
		posts = append(posts, last)
	}
	return posts, nil
}

// allPosts returns an officer's posts, also past and future ones, newest
// first.
func (s *Service) allPosts(ctx context.Context, q db.Querier, officerID string) ([]Post, error) {
	return db.Select[Post](ctx, q, postSelect+` WHERE p.officer_id = $1 ORDER BY p.from_at DESC, p.id DESC LIMIT $2`, officerID, maxPosts)
}

// secondFactor are the rights whose misuse reaches many people's data: their
// posts need a second factor (NIST SP 800-63B-4, AAL2).
var secondFactor = []Right{RightOfficersManage, RightPostsManage, RightMachines, RightNumbers, RightConfigure, RightExport,
	RightAccounts, RightAccountsApprove, RightClients}

// NeedsTOTP reports whether one of these posts needs a second factor.
func NeedsTOTP(posts []Post) bool {
	return slices.ContainsFunc(posts, func(p Post) bool {
		return slices.ContainsFunc(secondFactor, func(r Right) bool { return holds(p.Role, r) })
	})
}
