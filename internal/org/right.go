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
		RightConfigure, RightExport, RightAudit, RightReceive, RightProcess, RightApprove, RightIssue, RightCollectFees,
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
		RightConfigure, RightExport, RightAudit}},
	RoleObserver: {unitAndBelow, []Right{RightObserve}},
}

// holds reports whether a role has a right somewhere. The own page belongs to
// every role.
func holds(role Role, right Right) bool {
	return role.Valid() && (right == RightProfile || slices.Contains(dutiesOf[role].rights, right))
}

// may is the rule itself: the role has the right, and every place of the thing
// is within reach. places are the things' units, nil standing for the whole
// province; below are the units of the post's own branch.
func may(post Post, right Right, places []*string, below func(unitID string) bool) bool {
	if !holds(post.Role, right) {
		return false
	}
	r := dutiesOf[post.Role].reach
	if post.UnitID == nil || r == province {
		return true
	}
	for _, place := range places {
		switch {
		case place == nil:
			return false
		case *place == *post.UnitID:
		case r == ownUnit || !below(*place):
			return false
		}
	}
	return true
}

// Live reports whether the post stands at a moment.
func (p Post) Live(at time.Time) bool {
	return !p.From.After(at) && (p.To == nil || p.To.After(at))
}

// Holds reports whether posts of this role have a right somewhere, for menus.
// May decides.
func (p Post) Holds(right Right) bool { return holds(p.Role, right) }

// May reports whether a post gives a right on a thing now. On an officer the
// rights of administration need all of the officer's posts within reach: who
// runs one unit must not reset the password of somebody who runs the province
// too. A unit that does not exist is out of everybody's reach but the
// province's.
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
	var places []*string
	if thing.UnitID != "" {
		places = append(places, &thing.UnitID)
	}
	if thing.Officer != "" {
		of, err := s.placesOf(ctx, q, thing.Officer)
		if err != nil {
			return false, err
		}
		places = append(places, of...)
	}
	var branch []string
	if post.UnitID != nil && len(places) > 0 {
		var err error
		if branch, err = s.branch(ctx, q, *post.UnitID); err != nil {
			return false, err
		}
	}
	return may(post, right, places, func(id string) bool { return slices.Contains(branch, id) }), nil
}

// branch returns a unit and all below it.
func (s *Service) branch(ctx context.Context, q db.Querier, unitID string) ([]string, error) {
	return db.Select[string](ctx, q, branchCTE+` SELECT id FROM branch LIMIT $2`, unitID, MaxUnits)
}

// branchCTE names the units from $1 downwards. UNION, not UNION ALL: a circle
// among the units must end.
const branchCTE = `WITH RECURSIVE branch (id) AS (SELECT id FROM unit WHERE id = $1
	UNION SELECT u.id FROM unit u JOIN branch b ON u.parent_id = b.id)`

// placesOf returns where an officer's posts of now and later are. Without any
// it is where the last one was, so that whoever let somebody go can take them
// back; an officer who never had a post belongs to the province.
func (s *Service) placesOf(ctx context.Context, q db.Querier, officerID string) ([]*string, error) {
	all, err := s.allPosts(ctx, q, officerID)
	if err != nil {
		return nil, err
	}
	places := []*string{}
	var last *Post
	for i, p := range all {
		if p.To == nil || p.To.After(s.clk.Now()) {
			places = append(places, p.UnitID)
		} else if last == nil || last.To.Before(*p.To) {
			last = &all[i]
		}
	}
	switch {
	case len(places) > 0:
	case last != nil:
		places = append(places, last.UnitID)
	default:
		places = append(places, nil)
	}
	return places, nil
}

// allPosts returns an officer's posts, also past and future ones, newest
// first.
func (s *Service) allPosts(ctx context.Context, q db.Querier, officerID string) ([]Post, error) {
	return db.Select[Post](ctx, q, postSelect+` WHERE p.officer_id = $1 ORDER BY p.from_at DESC, p.id DESC LIMIT $2`, officerID, maxPosts)
}

// secondFactor are the rights whose misuse reaches many people's data: their
// posts need a second factor (NIST SP 800-63B-4, AAL2).
var secondFactor = []Right{RightOfficersManage, RightPostsManage, RightMachines, RightNumbers, RightConfigure, RightExport}

// NeedsTOTP reports whether one of these posts needs a second factor.
func NeedsTOTP(posts []Post) bool {
	return slices.ContainsFunc(posts, func(p Post) bool {
		return slices.ContainsFunc(secondFactor, func(r Right) bool { return holds(p.Role, r) })
	})
}
