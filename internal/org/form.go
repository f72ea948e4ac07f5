package org

import (
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"motcua/internal/vn"
)

// form is an Edit cleaned: what would be stored.
type form struct {
	name, address, email, birthDate, number, phone string
	sex                                            vn.Sex
	receiptAccount, receiptPassword                string
	forgetReceipt                                  bool
	defaultPage                                    string
}

// maxDefaultPage is more than any "post id:page".
const maxDefaultPage = 100

// clean returns what can be told without the database; faults come in one go,
// so that nobody mends the same form field by field.
func (e Edit) clean(now time.Time) (form, *Faults) {
	faults := &Faults{}
	f := form{
		name:      cleanName(e.Name, faults),
		sex:       cleanSex(e.Sex, faults),
		address:   cleanLine(FieldAddress, e.Address, MaxAddress, faults),
		birthDate: cleanBirthDate(e.Day, e.Month, e.Year, now, faults),
		email:     cleanEmail(e.Email, faults),
		number:    cleanNumber(e.Number, faults),
		phone:     cleanPhone(e.Phone, faults),
	}
	if f.forgetReceipt = e.ForgetReceipt; !f.forgetReceipt {
		f.receiptAccount = cleanLine(FieldReceiptAccount, e.ReceiptAccount, MaxReceiptAccount, faults)
		f.receiptPassword = cleanReceiptPassword(e.ReceiptPassword, f.receiptAccount, faults)
	}
	if f.defaultPage = e.DefaultPage; len(f.defaultPage) > maxDefaultPage {
		faults.add(FieldDefaultPage, CodeNotAllowed, "")
	}
	return f, faults
}

func cleanNumber(typed string, e *Faults) string {
	n, err := vn.ParseIdentityNumber(typed)
	switch {
	case err == nil:
		return n.Digits()
	case errors.Is(err, vn.ErrIdentityEmpty):
		e.add(FieldNumber, CodeRequired, "")
	case errors.Is(err, vn.ErrIdentityOldCard):
		e.add(FieldNumber, CodeOldCard, "")
	case errors.Is(err, vn.ErrIdentityCharacter):
		e.add(FieldNumber, CodeCharacter, "")
	default:
		e.add(FieldNumber, CodeLength, "")
	}
	return ""
}

func cleanPhone(typed string, e *Faults) string {
	phone, err := vn.ParseMobile(typed)
	switch {
	case err == nil:
		return phone
	case errors.Is(err, vn.ErrPhoneEmpty):
		e.add(FieldPhone, CodeRequired, "")
	case errors.Is(err, vn.ErrPhoneCharacter):
		e.add(FieldPhone, CodeCharacter, "")
	default:
		e.add(FieldPhone, CodeNotMobile, "")
	}
	return ""
}

// cleanReceiptPassword takes a password as it is: the provider it belongs to
// may count its blanks.
func cleanReceiptPassword(typed, account string, e *Faults) string {
	switch {
	case typed == "":
	case len(typed) > MaxReceiptPassword*utf8.UTFMax || utf8.RuneCountInString(typed) > MaxReceiptPassword:
		e.add(FieldReceiptPassword, CodeLong, strconv.Itoa(MaxReceiptPassword))
	case !utf8.ValidString(typed) || strings.ContainsFunc(typed, hidden):
		e.add(FieldReceiptPassword, CodeInvisible, "")
	case account == "":
		e.add(FieldReceiptPassword, CodeNoAccount, "")
	default:
		return typed
	}
	return ""
}

// numberWarnings says where the number and the person's data disagree.
// Numbers stay when sex or birth date are put right by the civil registry, so
// it is never a refusal.
func numberWarnings(number string, sex vn.Sex, birthDate string) []Fault {
	n, err := vn.ParseIdentityNumber(number)
	if err != nil {
		return nil
	}
	codes := map[vn.Finding]Code{vn.SexDiffers: CodeSexDiffers, vn.CenturyDiffers: CodeCenturyDiffers, vn.BirthYearDiffers: CodeYearDiffers}
	var out []Fault
	for _, finding := range n.Check(sex, vn.BirthYear(birthDate)) {
		out = append(out, Fault{FieldNumber, codes[finding], ""})
	}
	return out
}
