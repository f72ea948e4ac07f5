package smpp_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"
	"github.com/fiorix/go-smpp/smpp/smpptest"
)

// operatorEnv makes this test's program a carrier instead of a test.
const operatorEnv = "MOTCUA_TEST_SMPP_OPERATOR"

func TestMain(m *testing.M) {
	if os.Getenv(operatorEnv) != "" {
		operate(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// operator is an SMPP server that others wrote, in a process of its own, whose
// operator keeps what comes and sends receipts when told to. He is spoken to
// by lines: "tell ID STAT", "early" (receipts before answers), "kept"; each is
// answered by one.
type operator struct {
	*smpptest.Server
	mu    sync.Mutex
	kept  kept
	conn  smpptest.Conn
	early bool
}

// kept is what came.
type kept struct {
	Parts int               `json:"parts"`
	Texts map[string]string `json:"texts"` // by the ids given
}

func operate(in io.Reader, out io.Writer) {
	o := &operator{Server: smpptest.NewUnstartedServer(), kept: kept{Texts: map[string]string{}}}
	o.Handler = o.handle
	o.Start()
	defer o.Close()
	_, _ = fmt.Fprintln(out, o.Addr())
	for lines := bufio.NewScanner(in); lines.Scan(); {
		o.mu.Lock()
		answer := "done"
		switch f := strings.Fields(lines.Text()); f[0] {
		case "tell":
			o.receipt(o.conn, f[1], f[2])
		case "early":
			o.early = true
		case "kept":
			b, _ := json.Marshal(o.kept)
			answer = string(b)
		}
		o.mu.Unlock()
		_, _ = fmt.Fprintln(out, answer)
	}
}

func (o *operator) handle(c smpptest.Conn, m pdu.Body) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.conn = c
	switch m.Header().ID {
	case pdu.SubmitSMID:
		o.kept.Parts++
		id := fmt.Sprintf("m%d", o.kept.Parts)
		f := m.Fields()
		text := f[pdufield.ShortMessage].Bytes()
		if f[pdufield.DataCoding].Bytes()[0] == byte(pdutext.UCS2Type) {
			text = pdutext.UCS2(text).Decode()
		} else {
			text = pdutext.GSM7(text).Decode()
		}
		o.kept.Texts[id] = string(text)
		if o.early {
			o.receipt(c, id, "DELIVRD")
		}
		resp := pdu.NewSubmitSMResp()
		resp.Header().Seq = m.Header().Seq
		_ = resp.Fields().Set(pdufield.MessageID, id)
		_ = c.Write(resp)
	case pdu.EnquireLinkID:
		_ = c.Write(pdu.NewEnquireLinkRespSeq(m.Header().Seq))
	case pdu.UnbindID:
		resp := pdu.NewUnbindResp()
		resp.Header().Seq = m.Header().Seq
		_ = c.Write(resp)
	}
}

func (o *operator) receipt(c smpptest.Conn, id, stat string) {
	d := pdu.NewDeliverSM()
	f := d.Fields()
	_ = f.Set(pdufield.SourceAddr, "84900000123")
	_ = f.Set(pdufield.DestinationAddr, "TINHVIDU")
	_ = f.Set(pdufield.ESMClass, 0x04)
	_ = f.Set(pdufield.ShortMessage, pdutext.Raw("id:"+id+" sub:001 dlvrd:001 submit date:2611180900 done date:2611180901 stat:"+stat+" err:000 text:481905"))
	// Without these the server writes an empty header into a text that has none.
	f[pdufield.UDHLength], f[pdufield.GSMUserData] = &pdufield.SM{}, &pdufield.SM{}
	_ = c.Write(d)
}

// stranger is the test's end of an operator.
type stranger struct {
	t    *testing.T
	addr string
	in   io.Writer
	out  *bufio.Scanner
}

func newStranger(t *testing.T) *stranger {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), operatorEnv+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// It ends with its standard input.
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	s := &stranger{t: t, in: in, out: bufio.NewScanner(out)}
	s.addr = s.line()
	return s
}

func (s *stranger) line() string {
	s.t.Helper()
	if !s.out.Scan() {
		s.t.Fatalf("the carrier has ended: %v", s.out.Err())
	}
	return s.out.Text()
}

func (s *stranger) say(words ...string) string {
	s.t.Helper()
	if _, err := fmt.Fprintln(s.in, strings.Join(words, " ")); err != nil {
		s.t.Fatal(err)
	}
	return s.line()
}

func (s *stranger) tells(id, stat string) { s.t.Helper(); s.say("tell", id, stat) }

func (s *stranger) kept() (k kept) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.say("kept")), &k); err != nil {
		s.t.Fatal(err)
	}
	return k
}
