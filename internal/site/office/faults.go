package office

import (
	"strings"

	"motcua/internal/i18n"
	"motcua/internal/org"
	"motcua/internal/web"
)

// boxOf is the box of a field.
var boxOf = map[org.Field]string{
	org.FieldName: boxName, org.FieldSex: boxSex, org.FieldAddress: boxAddress, org.FieldBirthDate: boxBirth,
	org.FieldEmail: boxEmail, org.FieldAvatar: boxPicture, org.FieldNumber: boxNumber, org.FieldPhone: boxPhone,
	org.FieldReceiptAccount: boxReceipt, org.FieldReceiptPassword: boxSecret, org.FieldDefaultPage: boxPage,
}

// sentences of faults; those with "%s" take the fault's argument.
var sentences = map[org.Field]map[org.Code]string{
	org.FieldName: {
		org.CodeRequired: "office.fault.name.required", org.CodeLong: "office.fault.name.long",
		org.CodeInvisible: "office.fault.name.invisible", org.CodeLetter: "office.fault.name.letter",
		org.CodeAlphabet: "office.fault.name.alphabet", org.CodeNoLetter: "office.fault.name.none",
	},
	org.FieldSex:     {org.CodeRequired: "office.fault.sex", org.CodeUnknown: "office.fault.sex"},
	org.FieldAddress: {org.CodeLong: "office.fault.address.long", org.CodeInvisible: "office.fault.address.invisible"},
	org.FieldEmail: {
		org.CodeLong: "office.fault.email.long", org.CodeInvisible: "office.fault.email.malformed",
		org.CodeMalformed: "office.fault.email.malformed",
	},
	org.FieldBirthDate: {
		org.CodeRequired: "office.fault.birth.required", org.CodeIncomplete: "office.fault.birth.incomplete",
		org.CodeDay: "office.fault.birth.day", org.CodeMonth: "office.fault.birth.month", org.CodeYear: "office.fault.birth.year",
		org.CodeNoSuchDay: "office.fault.birth.noday", org.CodeNotLeap: "office.fault.birth.notleap",
		org.CodeFuture: "office.fault.birth.future", org.CodeTooYoung: "office.fault.birth.young", org.CodeTooOld: "office.fault.birth.old",
	},
	org.FieldAvatar: {org.CodeGone: "office.profile.picture.gone"},
	org.FieldNumber: {
		org.CodeRequired: "office.fault.number.required", org.CodeLength: "office.fault.number.length",
		org.CodeOldCard: "office.fault.number.old", org.CodeCharacter: "office.fault.number.character",
		org.CodeTaken: "office.fault.number.taken", org.CodeCertifiedOther: "office.fault.number.other",
		org.CodeCertifiedHeld: "office.fault.number.held",
		org.CodeSexDiffers:    "office.warn.sex", org.CodeCenturyDiffers: "office.warn.birth", org.CodeYearDiffers: "office.warn.birth",
	},
	org.FieldPhone: {
		org.CodeRequired: "office.fault.phone.required", org.CodeCharacter: "office.fault.phone.form",
		org.CodeNotMobile: "office.fault.phone.form", org.CodeSMSLimit: "office.warn.sms",
	},
	org.FieldReceiptAccount:  {org.CodeLong: "office.fault.receipt.long", org.CodeInvisible: "office.fault.receipt.invisible"},
	org.FieldReceiptPassword: {org.CodeLong: "office.fault.secret.long", org.CodeNoAccount: "office.fault.secret.noaccount"},
	org.FieldDefaultPage:     {org.CodeNotAllowed: "office.fault.page", org.CodeUnknown: "office.fault.page"},
}

// sentence says a fault; number is what was typed as a number.
func sentence(b web.Base, f org.Fault, number string) string {
	key := sentences[f.Field][f.Code]
	switch {
	case key == "":
		return b.T("office.fault.other")
	case f.Field == org.FieldNumber && f.Code == org.CodeLength:
		return b.T(key, countDigits(number))
	case f.Code == org.CodeNoSuchDay:
		parts := strings.Split(f.Arg, "/")
		if len(parts) != 3 {
			return b.T("office.fault.birth.day")
		}
		return b.T(key, strings.TrimLeft(parts[1], "0"), strings.TrimLeft(parts[0], "0"))
	}
	if raw, _ := i18n.Raw(b.Lang, key); strings.Contains(raw, "%s") {
		return b.T(key, f.Arg)
	}
	return b.T(key)
}

// boxFaults says the faults in the guide's order, one for each box.
func boxFaults(b web.Base, e *org.Faults, number string) []fault {
	var out []fault
	for _, field := range org.Fields() {
		if list := e.Fields[field]; len(list) > 0 {
			out = append(out, fault{boxOf[field], sentence(b, list[0], number)})
		}
	}
	return out
}

func countDigits(s string) int {
	n := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}
