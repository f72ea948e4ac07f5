package id

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/internal/identity"
	"motcua/internal/qrcode"
)

// What is written by hand is what the type says.
func TestAnswerToAPageThatWaits(t *testing.T) {
	svg, err := qrcode.AppendSVG(nil, "https://dinh-danh-xac-thuc.hungyen.gov.v/app/q#AAAAAAAAAAAAAA.59.AAAAAAAAAAA")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []identity.QRView{
		{State: identity.QRWaiting, Text: "x", Code: "482915073", Left: 116100 * time.Millisecond, Renew: true},
		{State: identity.QRScanned, Number: "58", Left: time.Minute, Second: true},
		{State: identity.QRExpired},
	} {
		picture := svg
		if v.Text == "" {
			picture = nil
		}
		var got qrAnswer
		if err := json.Unmarshal(appendQR(nil, v, picture), &got); err != nil {
			t.Fatal(err)
		}
		want := qrAnswer{State: v.State, SVG: string(picture), Code: v.Code, Number: v.Number, Left: seconds(v.Left), Renew: v.Renew, Second: v.Second}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}
