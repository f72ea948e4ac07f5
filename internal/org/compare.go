package org

import (
	"context"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/vn"
)

// A VNeIDPerson is who signed in at VNeID, as it answered.
type VNeIDPerson struct {
	Issuer, Subject string
	Number, Name    string
	BirthDate       string // 2006-01-02 or 2006
	Sex             vn.Sex // "" when it did not say
}

// CompareVNeID compares the officer's profile with the person who signed in at
// VNeID from inside this session. Without a difference the profile counts as
// verified and its number as VNeID's; otherwise nothing changes, and the same
// goes for an earlier verification, which was true when it was made.
func (s *Service) CompareVNeID(ctx context.Context, v Visit, person VNeIDPerson) (differs []Field, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := s.lockProfile(ctx, tx, v.Officer.ID)
		if err != nil {
			return err
		}
		if differs = p.differsFrom(person); len(differs) > 0 {
			names := make([]string, len(differs))
			for i, f := range differs {
				names[i] = string(f)
			}
			return s.audit.Append(ctx, tx, audit.Event{Action: "officer.vneid_compare", Actor: ref(p.ID), Target: ref(p.ID),
				Outcome: audit.Refused, Reason: "differs", Detail: map[string]string{"fields": strings.Join(names, " ")}})
		}
		_, err = db.Exec(ctx, tx, `UPDATE officer SET verified_at = $2, number_source = $3, updated_at = $2,
			version = version + 1 WHERE id = $1`, p.ID, s.clk.Now(), NumberByVNeID)
		if err != nil {
			return err
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.vneid_compare", Actor: ref(p.ID), Target: ref(p.ID), Outcome: audit.OK,
			Detail: map[string]string{"issuer": person.Issuer, "source_before": string(p.NumberSource)}})
	})
	if err != nil {
		return nil, err
	}
	return differs, nil
}

func (p Profile) differsFrom(v VNeIDPerson) []Field {
	var out []Field
	if !vn.SameName(p.Name, v.Name) {
		out = append(out, FieldName)
	}
	if p.Sex == "" || v.Sex != "" && p.Sex != v.Sex {
		out = append(out, FieldSex)
	}
	if !sameBirthDate(p.BirthDate, v.BirthDate) {
		out = append(out, FieldBirthDate)
	}
	if n, err := vn.ParseIdentityNumber(v.Number); err != nil || n.Digits() != p.Number {
		out = append(out, FieldNumber)
	}
	return out
}

// sameBirthDate accepts a year alone, as the civil registry has it for many
// old people.
func sameBirthDate(own, stated string) bool {
	if own == "" || vn.BirthYear(stated) == 0 {
		return false
	}
	if len(stated) == len("2006") {
		return strings.HasPrefix(own, stated)
	}
	return own == stated
}
