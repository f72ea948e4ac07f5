package office

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"motcua/internal/org"
	"motcua/internal/web"
)

// A notice is what a finished form tells on the page that it leads to. It
// waits in a cookie for that one page, so that loading it again says nothing
// twice.
const (
	cookieNotice = "tb"
	noticeLife   = time.Minute

	noticeNotCompared = "chua-doi-chieu"
)

// noticeKeys are all that a notice can say.
var noticeKeys = map[string]string{
	"luu": "office.profile.saved", "so": "office.phone.done", "bo-so": "office.phone.dropped", "khop": "office.profile.compared",
	"mo-khoa": "office.admin.done.unlocked", "bo-hai-lop": "office.admin.done.totp", "vi-tri": "office.admin.done.post",
	"ket-thuc": "office.admin.done.ended", "cccd": "office.admin.done.number", "trinh-duyet": "office.machines.done.marked",
	"mang": "office.machines.done.network", "bo": "office.machines.done.removed",
	"khoa": "office.identity.done.locked", "het-phien": "office.identity.done.sessions", "mot-phien": "office.identity.done.session",
	"roi": "office.identity.done.already", "cho-duyet": "office.identity.done.waits", "tai-quay": "office.identity.done.changed",
	"tao": "office.identity.done.created", "duyet": "office.identity.done.approved", "tu-choi": "office.identity.done.refused",
	"bo-khoa": "office.clients.done.retired", "xoa-dv": "office.clients.done.removed", "bao-su-co": "office.messages.done.out", "het-su-co": "office.messages.done.on", "da-nhap": "office.import.done", "bo-tep": "office.import.dropped", "rut": "office.identity.done.withdrawn",
}

func leaveNotice(w http.ResponseWriter, r *http.Request, code string) {
	web.SetCookie(w, r, cookieNotice, code, noticeLife)
}

// takeNotice returns the code that waits, "" mostly, and forgets it.
func takeNotice(w http.ResponseWriter, r *http.Request) string {
	code := web.Cookie(r, cookieNotice)
	if code != "" {
		web.ClearCookie(w, r, cookieNotice)
	}
	return code
}

// notice is the sentence of a code, or "".
func notice(b web.Base, code string) string {
	code, _, _ = strings.Cut(code, ".")
	if key := noticeKeys[code]; key != "" {
		return b.T(key)
	}
	return ""
}

// afterSave is the notice of a saved profile with what is worth a second look.
func afterSave(warnings []org.Fault) string {
	code := "luu"
	for _, f := range warnings {
		code += "." + string(f.Field) + "-" + string(f.Code) + "-" + tail(f.Arg)
	}
	return code
}

// tail is the masked end of a number without the sign that cookies refuse.
func tail(masked string) string { return strings.TrimLeft(masked, "….") }

// worthALook reads afterSave's notice.
func worthALook(b web.Base, code string) []string {
	rest, ok := strings.CutPrefix(code, "luu.")
	if !ok {
		return nil
	}
	var out []string
	for one := range strings.SplitSeq(rest, ".") {
		parts := strings.SplitN(one, "-", 3)
		if len(parts) != 3 {
			continue
		}
		f := org.Fault{Field: org.Field(parts[0]), Code: org.Code(parts[1]), Arg: "…" + parts[2]}
		if said := sentence(b, f, ""); sentences[f.Field][f.Code] != "" && !slices.Contains(out, said) {
			out = append(out, said)
		}
	}
	return out
}

// differsNotice is the notice of a comparison with VNeID that found
// differences; differs reads it.
func differsNotice(fields []org.Field) string {
	code := "khac"
	for _, f := range fields {
		code += "." + string(f)
	}
	return code
}

func differs(b web.Base, code string) []string {
	list, ok := strings.CutPrefix(code, "khac.")
	if !ok {
		return nil
	}
	var out []string
	for f := range strings.SplitSeq(list, ".") {
		if key := boxLabels[boxOf[org.Field(f)]]; key != "" {
			out = append(out, b.T(key))
		}
	}
	return out
}
