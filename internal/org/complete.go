package org

// required and advised are the fields that the meter counts and those that are
// only recommended.
var (
	required = []Field{FieldName, FieldSex, FieldBirthDate, FieldNumber, FieldPhone}
	advised  = []Field{FieldEmail, FieldAvatar, FieldReceiptAccount}
)

// Completeness counts the required fields of a profile: done of them all,
// which are missing, and which others should be added. A phone counts once its
// code was confirmed.
func Completeness(p Profile) (done, of int, missing, advise []Field) {
	for _, f := range required {
		if p.has(f) {
			done++
		} else {
			missing = append(missing, f)
		}
	}
	for _, f := range advised {
		if !p.has(f) {
			advise = append(advise, f)
		}
	}
	return done, len(required), missing, advise
}

func (p Profile) has(f Field) bool {
	switch f {
	case FieldName:
		return p.Name != ""
	case FieldSex:
		return p.Sex != ""
	case FieldBirthDate:
		return p.BirthDate != ""
	case FieldNumber:
		return p.Number != ""
	case FieldPhone:
		return p.Phone != "" && p.PhoneConfirmedAt != nil
	case FieldEmail:
		return p.Email != ""
	case FieldAvatar:
		return p.Avatar != ""
	case FieldReceiptAccount:
		return p.ReceiptAccount != "" && p.HasReceiptPassword
	}
	return false
}
