package org

import (
	"context"
	"errors"
	"slices"

	"motcua/internal/db"
)

func notAllowed(ok bool) error {
	if ok {
		return nil
	}
	return ErrNotAllowed
}

// An OpenedOfficer is what an administrator sees of an officer.
type OpenedOfficer struct {
	Officer Officer
	Profile Profile
	Posts   []Post // all, newest first; Live tells which stand
	// Manage and ManagePosts tell what the active post may do with this
	// officer; Self that it is the administrator's own entry.
	Manage, ManagePosts, Self bool
}

// OpenOfficer returns an officer within the post's reach. It errs with
// ErrNoOfficer, also for one out of reach, or ErrNotAllowed.
func (s *Service) OpenOfficer(ctx context.Context, v Visit, username string) (OpenedOfficer, error) {
	o, err := s.reached(ctx, s.db, v, username)
	if err != nil {
		return OpenedOfficer{}, err
	}
	out := OpenedOfficer{Officer: o, Self: o.ID == v.Officer.ID}
	if out.Profile, err = s.profile(ctx, s.db, o.ID); err != nil {
		return OpenedOfficer{}, err
	}
	if out.Posts, err = s.allPosts(ctx, s.db, o.ID); err != nil {
		return OpenedOfficer{}, err
	}
	if out.Manage, err = s.May(ctx, v.Post, RightOfficersManage, Thing{Officer: o.ID}); err != nil {
		return OpenedOfficer{}, err
	}
	out.Manage = out.Manage && !out.Self
	out.ManagePosts = v.Post.Holds(RightPostsManage) && !out.Self
	return out, nil
}

// reached returns an officer whom the active post may see.
func (s *Service) reached(ctx context.Context, q db.Querier, v Visit, username string) (Officer, error) {
	if !v.Post.Live(s.clk.Now()) || !v.Post.Holds(RightOfficersView) {
		return Officer{}, ErrNotAllowed
	}
	o, err := s.Officer(ctx, q, username)
	if err != nil {
		return Officer{}, err
	}
	ok, err := s.may(ctx, q, v.Post, RightOfficersView, Thing{Officer: o.ID})
	if err == nil && !ok {
		err = ErrNoOfficer
	}
	return o, err
}

// managed returns an officer whom the active post may manage and who is
// somebody else.
func (s *Service) managed(ctx context.Context, q db.Querier, v Visit, username string) (Officer, error) {
	o, err := s.reached(ctx, q, v, username)
	if err != nil {
		return Officer{}, err
	}
	if o.ID == v.Officer.ID {
		return Officer{}, ErrSelf
	}
	ok, err := s.may(ctx, q, v.Post, RightOfficersManage, Thing{Officer: o.ID})
	return o, errors.Join(err, notAllowed(ok))
}

// AddOfficerBy is AddOfficer for an administrator. Every post must be within
// reach and no role above the administrator's own; an administrator of a unit
// must give at least one post. It errs with ErrNotAllowed and AddOfficer's
// errors.
func (s *Service) AddOfficerBy(ctx context.Context, v Visit, n NewOfficer) (o Officer, password string, err error) {
	if ok, err := s.May(ctx, v.Post, RightOfficersManage, Thing{}); err != nil || !ok {
		return Officer{}, "", errors.Join(err, notAllowed(ok))
	}
	if len(n.Posts) == 0 && !v.Post.everywhere() {
		return Officer{}, "", ErrNotAllowed
	}
	for _, p := range n.Posts {
		if err := s.mayGive(ctx, s.db, v, p); err != nil {
			return Officer{}, "", err
		}
	}
	return s.AddOfficer(ctx, ref(v.Officer.ID), n)
}

// mayGive errs with ErrNotAllowed unless the active post may give this one.
func (s *Service) mayGive(ctx context.Context, q db.Querier, v Visit, n NewPost) error {
	if !givable(v.Post.Role, n.Role) {
		return ErrNotAllowed
	}
	if n.Unit == "" {
		if !v.Post.everywhere() {
			return ErrNotAllowed
		}
		ok, err := s.may(ctx, q, v.Post, RightPostsManage, Thing{})
		return errors.Join(err, notAllowed(ok))
	}
	u, err := s.Unit(ctx, q, n.Unit)
	if err != nil {
		return err
	}
	ok, err := s.may(ctx, q, v.Post, RightPostsManage, Thing{UnitID: u.ID})
	return errors.Join(err, notAllowed(ok))
}

// givable reports whether somebody of a role may give another: none above
// their own.
func givable(by, role Role) bool {
	return holds(by, RightPostsManage) && role.Valid() && (!overUnits(role) || by == RoleAdmin)
}

// GivableRoles returns the roles that the active post may give.
func (s *Service) GivableRoles(v Visit) []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return !givable(v.Post.Role, r) })
}

// ReachedUnits returns the units in which the active post may give posts, by
// code; all reports that posts of the whole province are among them.
func (s *Service) ReachedUnits(ctx context.Context, v Visit) (units []Unit, all bool, err error) {
	if ok, err := s.May(ctx, v.Post, RightPostsManage, Thing{}); err != nil || !ok {
		return nil, false, errors.Join(err, notAllowed(ok))
	}
	units, err = s.Units(ctx, s.db)
	if err != nil || v.Post.everywhere() {
		return units, err == nil, err
	}
	branch, err := s.branch(ctx, s.db, *v.Post.UnitID)
	return slices.DeleteFunc(units, func(u Unit) bool { return !slices.Contains(branch, u.ID) }), false, err
}

// ResetBy is ResetOfficer for an administrator, not on oneself (ErrSelf).
func (s *Service) ResetBy(ctx context.Context, v Visit, username string) (password string, err error) {
	o, err := s.managed(ctx, s.db, v, username)
	if err != nil {
		return "", err
	}
	return s.ResetOfficer(ctx, ref(v.Officer.ID), o.Username)
}

// UnlockBy is UnlockOfficer for an administrator.
func (s *Service) UnlockBy(ctx context.Context, v Visit, username string) error {
	o, err := s.managed(ctx, s.db, v, username)
	if err != nil {
		return err
	}
	return s.UnlockOfficer(ctx, ref(v.Officer.ID), o.Username)
}

// ResetTOTPBy takes an officer's second factor away, not one's own (ErrSelf).
func (s *Service) ResetTOTPBy(ctx context.Context, v Visit, username string) error {
	o, err := s.managed(ctx, s.db, v, username)
	if err != nil {
		return err
	}
	return s.ResetTOTP(ctx, ref(v.Officer.ID), o.Username)
}

// AddPostBy is AddPost for an administrator, within reach and with no role
// above the own, not on oneself (ErrSelf): nobody widens their own rights.
func (s *Service) AddPostBy(ctx context.Context, v Visit, username string, n NewPost) (p Post, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.reached(ctx, tx, v, username)
		if err != nil {
			return err
		}
		if o.ID == v.Officer.ID {
			return ErrSelf
		}
		if err := s.mayGive(ctx, tx, v, n); err != nil {
			return err
		}
		p, err = s.insertPost(ctx, tx, ref(v.Officer.ID), o.ID, n)
		return err
	})
	if err != nil {
		return Post{}, err
	}
	return p, nil
}

// EndPostBy is EndPost for an administrator: of a post within reach, whatever
// else its officer does elsewhere, not of the own (ErrSelf).
func (s *Service) EndPostBy(ctx context.Context, v Visit, username, postID string) error {
	o, err := s.reached(ctx, s.db, v, username)
	if err != nil {
		return err
	}
	if o.ID == v.Officer.ID {
		return ErrSelf
	}
	posts, err := s.allPosts(ctx, s.db, o.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(posts, func(p Post) bool { return p.ID == postID })
	if i < 0 {
		return ErrNoPost
	}
	n := NewPost{Role: posts[i].Role}
	if posts[i].UnitCode != nil {
		n.Unit = *posts[i].UnitCode
	}
	if err := s.mayGive(ctx, s.db, v, n); err != nil {
		return err
	}
	return s.EndPost(ctx, ref(v.Officer.ID), o.ID, postID)
}

// SetNumberBy sets an officer's identity number, "" to take it away, not the
// own (ErrSelf): it may then open the account through VNeID. It errs with
// *Faults for a number that cannot be, ErrNoOfficer or ErrNotAllowed.
func (s *Service) SetNumberBy(ctx context.Context, v Visit, username, number string) error {
	faults := &Faults{}
	digits := ""
	if number != "" {
		digits = cleanNumber(number, faults)
	}
	if err := faults.none(); err != nil {
		return err
	}
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.managed(ctx, tx, v, username)
		if err != nil {
			return err
		}
		was, err := s.lockProfile(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		is := was
		is.Number, is.NumberSource = digits, NumberByAdmin
		if digits == "" {
			is.NumberSource = NumberNone
		}
		list := differences(was, is)
		if len(list) == 0 {
			return nil
		}
		if _, err := s.checkAgainst(ctx, tx, was, is); err != nil {
			return err
		}
		if err := s.writeProfile(ctx, tx, was, is, nil); err != nil {
			return err
		}
		return s.record(ctx, tx, "officer.number_set", ref(v.Officer.ID), was, list)
	})
	if errors.Is(err, ErrNumberTaken) {
		return fault(FieldNumber, CodeTaken, "")
	}
	return err
}
