package org

import (
	"context"
	"errors"
	"io"
	"time"

	"motcua/internal/sms"
	"motcua/internal/vn"
)

// SaveProfile changes the officer's own profile. It errs with *Faults,
// *Conflict, ErrNeedPassword, ErrWrongPassword or *credential.TooMany, and
// then has changed nothing.
func (s *Service) SaveProfile(ctx context.Context, v Visit, e Edit) (Saved, error) {
	return Saved{}, errors.ErrUnsupported
}

// A PhoneStep is what the page that asks for a phone's code shows.
type PhoneStep struct {
	Phone    string        // E.164, the one that waits
	Left     time.Duration // of the newest code; 0: over
	ResendIn time.Duration // 0: at once
	State    sms.State     // what became of the newest message; "" without one
}

var (
	// ErrNoPending says that no phone waits for a code.
	ErrNoPending = errors.New("org: no phone waits for a code")
	// ErrCodeMalformed: not six digits, no try counted. ErrCodeExpired: right
	// but too old, or there is none. ErrCodeBurnt: five wrong ones.
	ErrCodeMalformed = errors.New("org: not six digits")
	ErrCodeExpired   = errors.New("org: the code is over")
	ErrCodeBurnt     = errors.New("org: too many wrong codes")
	// ErrSendLimit says that the phone or the officer has had its codes of
	// the day.
	ErrSendLimit = errors.New("org: too many codes sent")
)

// WrongCode says how many tries are left.
type WrongCode struct{ Left int }

func (e *WrongCode) Error() string { return "org: wrong code" }

// TooSoon says that a code was sent a moment ago.
type TooSoon struct{ Wait time.Duration }

func (e *TooSoon) Error() string { return "org: resend later" }

// PendingPhone returns what the page shows. It errs with ErrNoPending.
func (s *Service) PendingPhone(ctx context.Context, v Visit) (PhoneStep, error) {
	return PhoneStep{}, errors.ErrUnsupported
}

// ConfirmPhone puts the pending phone in use. It errs with ErrNoPending,
// ErrCodeMalformed, *WrongCode, ErrCodeExpired or ErrCodeBurnt.
func (s *Service) ConfirmPhone(ctx context.Context, v Visit, code string) error {
	return errors.ErrUnsupported
}

// ResendPhoneCode sends another code. It errs with ErrNoPending, *TooSoon or
// ErrSendLimit.
func (s *Service) ResendPhoneCode(ctx context.Context, v Visit) error { return errors.ErrUnsupported }

// CancelPhone gives the pending phone up.
func (s *Service) CancelPhone(ctx context.Context, v Visit) error { return errors.ErrUnsupported }

// Sides of a picture, in pixels.
const (
	LargeSide = 256
	SmallSide = 96
)

// MaxPicture bounds a picture's file, in bytes.
const MaxPicture = 5 << 20

var (
	// ErrPictureKind: neither JPEG nor PNG nor WebP, or an animation.
	ErrPictureKind = errors.New("org: not a JPEG, PNG or WebP picture")
	// ErrPictureSize: a file of more than MaxPicture bytes.
	ErrPictureSize = errors.New("org: picture file too large")
	// ErrPicturePixels: more than 40 million pixels, or less than 96 on a side.
	ErrPicturePixels = errors.New("org: picture with too many or too few pixels")
	// ErrPictureBroken: the file cannot be read to its end.
	ErrPictureBroken = errors.New("org: picture is damaged")
	// ErrPictureBusy: too many pictures at once; again in a moment.
	ErrPictureBusy = errors.New("org: too many pictures at once")
	// ErrNoPicture says that there is none.
	ErrNoPicture = errors.New("org: no picture")
)

// A Crop is the square of the picture that is wanted, in pixels of the picture
// as it is shown. The zero Crop is the largest square in the middle.
type Crop struct{ X, Y, Side int }

// DraftAvatar keeps a picture for the officer's next SaveProfile, an hour
// long. It errs with one of the ErrPicture values.
func (s *Service) DraftAvatar(ctx context.Context, v Visit, r io.Reader, crop Crop) (id string, err error) {
	return "", errors.ErrUnsupported
}

// AvatarDraft returns the large JPEG of an officer's own draft. It errs with
// ErrNoPicture.
func (s *Service) AvatarDraft(ctx context.Context, v Visit, id string) ([]byte, error) {
	return nil, errors.ErrUnsupported
}

// Avatar returns the JPEG of an officer's picture in one of the two sides, and
// its digest. It errs with ErrNoPicture.
func (s *Service) Avatar(ctx context.Context, officerID string, side int) (jpeg []byte, digest string, err error) {
	return nil, "", errors.ErrUnsupported
}

// A VNeIDPerson is who signed in at VNeID, as it answered.
type VNeIDPerson struct {
	Issuer, Subject string
	Number, Name    string
	BirthDate       string // 2006-01-02 or 2006
	Sex             vn.Sex
}

// CompareVNeID compares the officer's profile with the person who signed in at
// VNeID from inside this session. Without a difference the profile counts as
// verified and its number as VNeID's.
func (s *Service) CompareVNeID(ctx context.Context, v Visit, p VNeIDPerson) (differs []Field, err error) {
	return nil, errors.ErrUnsupported
}

// A RowOutcome says what became of a line of the list of numbers.
type RowOutcome string

const (
	RowAdded      RowOutcome = "added"
	RowChanged    RowOutcome = "changed"
	RowSame       RowOutcome = "same"
	RowNoOfficer  RowOutcome = "no_officer"
	RowBadNumber  RowOutcome = "bad_number"
	RowMalformed  RowOutcome = "malformed"   // not two columns
	RowTwice      RowOutcome = "twice"       // officer or number stands earlier in the file
	RowHeld       RowOutcome = "held"        // the number is on the list for somebody else
	RowOtherTyped RowOutcome = "other_typed" // taken over, but the officer's page has another number
)

// A RowResult is a line of an import.
type RowResult struct {
	Line     int
	Username string
	Tail     string // masked end of the number
	Outcome  RowOutcome
}

// ErrListTooLong and ErrListUnreadable refuse a whole file.
var (
	ErrListTooLong    = errors.New("org: too many lines")
	ErrListUnreadable = errors.New("org: not a list of username,number")
)

// MaxNumbers bounds the lines of one import.
const MaxNumbers = 2000

// ImportNumbers takes the list of who holds which number in the certification
// system: CSV of username and number, comma or semicolon, with or without a
// head line. Good lines count even when others are bad. It errs with
// ErrNotAllowed, ErrListTooLong or ErrListUnreadable.
func (s *Service) ImportNumbers(ctx context.Context, by Visit, r io.Reader) ([]RowResult, error) {
	return nil, errors.ErrUnsupported
}

// A Found is one page of FindOfficers.
type Found struct {
	Officers []Listed
	Next     string // username to go on after; "" at the end
}

// FindOfficers returns officers within the post's reach by username, 50 at a
// time. The query's words may stand anywhere in name or username; letter case
// and diacritics do not matter.
func (s *Service) FindOfficers(ctx context.Context, v Visit, query, after string) (Found, error) {
	return Found{}, errors.ErrUnsupported
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
	return OpenedOfficer{}, errors.ErrUnsupported
}

// AddOfficerBy is AddOfficer for an administrator. Every post must be within
// reach and no role above the administrator's own; an administrator of a unit
// must give at least one post. It errs with ErrNotAllowed and AddOfficer's
// errors.
func (s *Service) AddOfficerBy(ctx context.Context, v Visit, n NewOfficer) (o Officer, password string, err error) {
	return Officer{}, "", errors.ErrUnsupported
}

// ResetBy is ResetOfficer for an administrator, not on oneself (ErrSelf).
func (s *Service) ResetBy(ctx context.Context, v Visit, username string) (password string, err error) {
	return "", errors.ErrUnsupported
}

// UnlockBy is UnlockOfficer for an administrator.
func (s *Service) UnlockBy(ctx context.Context, v Visit, username string) error {
	return errors.ErrUnsupported
}

// ResetTOTPBy takes an officer's second factor away, not one's own (ErrSelf).
func (s *Service) ResetTOTPBy(ctx context.Context, v Visit, username string) error {
	return errors.ErrUnsupported
}

// AddPostBy is AddPost for an administrator, within reach and with no role
// above the own.
func (s *Service) AddPostBy(ctx context.Context, v Visit, username string, n NewPost) (Post, error) {
	return Post{}, errors.ErrUnsupported
}

// EndPostBy is EndPost for an administrator, not for the post one acts under
// (ErrSelf).
func (s *Service) EndPostBy(ctx context.Context, v Visit, username, postID string) error {
	return errors.ErrUnsupported
}

// SetNumberBy sets an officer's identity number, "" to take it away. It may
// then open the account through VNeID. It errs with *Faults for a number that
// cannot be, ErrSelf, ErrNoOfficer, ErrNotAllowed.
func (s *Service) SetNumberBy(ctx context.Context, v Visit, username, number string) error {
	return errors.ErrUnsupported
}

// GivableRoles returns the roles that the active post may give.
func (s *Service) GivableRoles(v Visit) []Role { return nil }

// ReachedUnits returns the units in which the active post may give posts; all
// reports that posts of the whole province are among them.
func (s *Service) ReachedUnits(ctx context.Context, v Visit) (units []Unit, all bool, err error) {
	return nil, false, errors.ErrUnsupported
}
