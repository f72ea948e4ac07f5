package sms_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/sms"
)

func put(t *testing.T, b *sms.Inbox, to, text string) {
	t.Helper()
	if _, err := b.Send(t.Context(), sms.Message{ID: "m", To: to, Text: text}); err != nil {
		t.Fatal(err)
	}
}

func TestInboxShowsNewestFirst(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC))
	b := sms.NewInbox(clk)
	put(t, b, phone, "one")
	clk.Advance(time.Second)
	put(t, b, "+84900000124", "two")
	put(t, b, phone, "three")
	got := b.List(phone)
	if len(got) != 2 || got[0].Text != "three" || !got[0].At.Equal(clk.Now()) || got[1].Text != "one" {
		t.Errorf("of one phone: %+v", got)
	}
	if all := b.List(""); len(all) != 3 || all[0].Text != "three" || all[1].Text != "two" {
		t.Errorf("of all: %+v", all)
	}
	if none := b.List("+84900000125"); none != nil {
		t.Errorf("of an unknown phone: %+v", none)
	}
}

func TestInboxIsBounded(t *testing.T) {
	b := sms.NewInbox(clock.System())
	for i := range sms.InboxPerPhone + 5 {
		put(t, b, phone, fmt.Sprint(i))
	}
	if got := b.List(phone); len(got) != sms.InboxPerPhone || got[sms.InboxPerPhone-1].Text != "5" {
		t.Errorf("a phone keeps %d", len(got))
	}
	for i := range 3 * sms.InboxTotal {
		put(t, b, fmt.Sprintf("+8490%07d", i), "x")
	}
	if got := b.List(phone); got != nil {
		t.Errorf("the oldest stayed: %d", len(got))
	}
	count := 0
	for i := range 3 * sms.InboxTotal {
		count += len(b.List(fmt.Sprintf("+8490%07d", i)))
	}
	if count != sms.InboxTotal {
		t.Errorf("%d messages in all", count)
	}
	if got := b.List(""); len(got) != sms.InboxListed {
		t.Errorf("lists %d", len(got))
	}
}

func TestInboxRefusesAPhoneOnRequest(t *testing.T) {
	b := sms.NewInbox(clock.System())
	b.Refuse(phone, true)
	_, err := b.Send(t.Context(), sms.Message{To: phone})
	if !errors.Is(err, sms.ErrRefused) || !sms.IsPermanent(err) {
		t.Errorf("refused phone: %v", err)
	}
	b.Refuse(phone, false)
	put(t, b, phone, "x")
}

func TestInboxIsSafeForConcurrentUse(t *testing.T) {
	b := sms.NewInbox(clock.System())
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 200 {
				put(t, b, fmt.Sprintf("+8490000000%d", i), fmt.Sprint(n))
				b.List("")
			}
		})
	}
	wg.Wait()
	if got := b.List("+84900000003"); len(got) != sms.InboxPerPhone || got[0].Text != "199" {
		t.Errorf("%d messages", len(got))
	}
}
