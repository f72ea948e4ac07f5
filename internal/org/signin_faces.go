package org

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"time"

	"motcua/internal/audit"
)

var errNotYet = errors.New("org: not built yet")

func (s *Service) SignIn(ctx context.Context, t Try) (Step, error) { return Step{}, errNotYet }
func (s *Service) Pending(ctx context.Context, token string) (PendingView, error) {
	return PendingView{}, errNotYet
}
func (s *Service) CheckTOTP(ctx context.Context, token, code string, source netip.Addr) (Step, error) {
	return Step{}, errNotYet
}
func (s *Service) ChangePassword(ctx context.Context, token, password string) (Step, error) {
	return Step{}, errNotYet
}
func (s *Service) BeginTOTP(ctx context.Context, token string) (secret, uri string, err error) {
	return "", "", errNotYet
}
func (s *Service) EnrolTOTP(ctx context.Context, token, code string) (recovery []string, step Step, err error) {
	return nil, Step{}, errNotYet
}
func (s *Service) BeginTOTPFor(ctx context.Context, v Visit) (secret, uri string, err error) {
	return "", "", errNotYet
}
func (s *Service) EnrolTOTPFor(ctx context.Context, v Visit, code string) (recovery []string, err error) {
	return nil, errNotYet
}
func (s *Service) RemoveTOTPFor(ctx context.Context, v Visit, password string) error {
	return errNotYet
}
func (s *Service) ResetTOTP(ctx context.Context, by audit.Ref, username string) error {
	return errNotYet
}
func (s *Service) ChangeOwnPassword(ctx context.Context, v Visit, old, password string) error {
	return errNotYet
}
func (s *Service) SignInByVNeID(ctx context.Context, p VNeID, t Try) (Step, error) {
	return Step{}, errNotYet
}
func (s *Service) LinkOwn(ctx context.Context, token, password string, source netip.Addr) (Step, error) {
	return Step{}, errNotYet
}
func (s *Service) Visit(ctx context.Context, token, machine string, source netip.Addr) (Visit, error) {
	return Visit{}, ErrNotFound
}
func (s *Service) Unlock(ctx context.Context, token, password string, source netip.Addr) (newToken string, err error) {
	return "", errNotYet
}
func (s *Service) Lock(ctx context.Context, v Visit) error { return errNotYet }
func (s *Service) Continue(ctx context.Context, token, machine string, source netip.Addr) (left time.Duration, err error) {
	return 0, errNotYet
}
func (s *Service) SignOut(ctx context.Context, token string) error { return errNotYet }
func (s *Service) SwitchPost(ctx context.Context, v Visit, postID string) error {
	return errNotYet
}

// Whose names the officer whose session a token was, also when it ended by
// time (not when it was ended): the owner of a form that came too late.
func (s *Service) Whose(ctx context.Context, token string) (officerID string, err error) {
	return "", ErrNotFound
}
func (s *Service) KeepForm(ctx context.Context, officerID, path string, values url.Values, secret ...string) (id string, err error) {
	return "", errNotYet
}
func (s *Service) TakeForm(ctx context.Context, officerID, id string) (path string, values url.Values, err error) {
	return "", nil, ErrNotKept
}
func (s *Service) MarkBrowser(ctx context.Context, v Visit, label string) (mark string, err error) {
	return "", errNotYet
}
func (s *Service) AddSharedNetwork(ctx context.Context, v Visit, prefix, label string) error {
	return errNotYet
}
func (s *Service) SharedPlaces(ctx context.Context, v Visit) ([]SharedPlace, error) {
	return nil, errNotYet
}
func (s *Service) RemoveSharedPlace(ctx context.Context, v Visit, id string) error {
	return errNotYet
}

// IsShared reports whether a browser or its network is a shared machine: the
// sign-in page asks it before anybody is known.
func (s *Service) IsShared(ctx context.Context, machine string, source netip.Addr) (bool, error) {
	return false, nil
}
