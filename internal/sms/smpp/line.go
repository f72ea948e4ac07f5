package smpp

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// Bounds of the network, in real time.
const (
	dialTimeout  = 5 * time.Second
	writeTimeout = 5 * time.Second
	// maxFrame bounds a PDU: the longest receipt is far shorter.
	maxFrame   = 16 << 10
	headerSize = 16
	// maxNonsense PDUs that cannot be read end a line.
	maxNonsense = 20
	// maxReceipts may wait to be written; beyond it nothing is read.
	maxReceipts = 256
)

// line is one bound connection. Its state is guarded by the Provider's mutex;
// writes have one of their own.
type line struct {
	p    *Provider
	conn net.Conn
	in   *bufio.Reader

	writing sync.Mutex

	// Guarded by p.mu.
	seq      int32
	waiting  map[int32]*request
	heard    time.Time // when something was read
	asked    time.Time // when an enquire_link went out that is unanswered
	why      error     // set once the line is over
	unbound  chan struct{}
	receipts chan *pdu.DeliverSM
	over     sync.WaitGroup
}

// request is a submit_sm without an answer.
type request struct {
	sent   time.Time
	answer chan answer // of capacity 1
}

type answer struct {
	status data.CommandStatusType
	id     string
	err    error // the answer did not come
}

// bind connects and binds. Its error holds no password.
func (p *Provider) bind(ctx context.Context) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", p.c.Address)
	if err != nil {
		return nil, err
	}
	if p.c.TLS != nil {
		secured := tls.Client(conn, p.c.TLS)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		conn = secured
	}
	l := &line{p: p, conn: conn, in: bufio.NewReader(conn), seq: 1, waiting: map[int32]*request{},
		unbound: make(chan struct{}), receipts: make(chan *pdu.DeliverSM, maxReceipts)}
	deadline, _ := ctx.Deadline()
	err = conn.SetDeadline(deadline)
	if err == nil {
		err = l.introduce()
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return l, nil
}

func (l *line) introduce() error {
	req := pdu.NewBindRequest(pdu.Transceiver)
	req.SystemID, req.Password, req.SystemType = l.p.c.SystemID, l.p.c.Password, l.p.c.SystemType
	req.SetSequenceNumber(l.seq)
	if _, err := l.write(req); err != nil {
		return err
	}
	for {
		h, _, err := l.frame()
		if err != nil {
			return fmt.Errorf("no answer to the bind: %w", err)
		}
		// By the header: a refusal may come without the body that the library
		// wants to see.
		if h.CommandID == data.BIND_TRANSCEIVER_RESP || h.CommandID == data.GENERIC_NACK {
			if h.CommandStatus != data.ESME_ROK || h.CommandID == data.GENERIC_NACK {
				return fmt.Errorf("bind refused with status 0x%08X", uint32(h.CommandStatus))
			}
			return nil
		}
	}
}

// frame reads one PDU as it comes, within maxFrame.
func (l *line) frame() (pdu.Header, []byte, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(l.in, head[:]); err != nil {
		return pdu.Header{}, nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size < headerSize || size > maxFrame {
		return pdu.Header{}, nil, fmt.Errorf("PDU of %d bytes", size)
	}
	b := make([]byte, size)
	copy(b, head[:])
	_, err := io.ReadFull(l.in, b[headerSize:])
	return pdu.ParseHeader(head), b, err
}

// parse reads a PDU that came whole. The library has not been written for
// enemies: its panic is nonsense of the other end, too.
func parse(b []byte) (p pdu.PDU, err error) {
	defer func() {
		if recover() != nil {
			p, err = nil, errors.New("PDU cannot be read")
		}
	}()
	return pdu.Parse(bytes.NewReader(b))
}

// write sends one PDU and tells how much of it went out.
func (l *line) write(p pdu.PDU) (int, error) {
	b := pdu.NewBuffer(nil)
	p.Marshal(b)
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil { //clock:real
		return 0, err
	}
	return l.conn.Write(b.Bytes())
}

// start begins reading; from here on the line ends by close alone.
func (l *line) start() {
	l.over.Add(2)
	go func() { defer l.over.Done(); l.keepReceipts() }()
	go func() {
		defer l.over.Done()
		defer close(l.receipts)
		l.close(l.read())
	}()
}

func (l *line) read() error {
	for nonsense := 0; nonsense < maxNonsense; {
		h, b, err := l.frame()
		if err != nil {
			return err
		}
		l.p.heardOf(l)
		p, err := parse(b)
		if err != nil && h.CommandID != data.SUBMIT_SM_RESP {
			nonsense++
			nack := pdu.NewGenericNack().(*pdu.GenericNack)
			nack.SetSequenceNumber(h.SequenceNumber)
			nack.CommandStatus = data.ESME_RINVCMDID
			if h.CommandID >= 0 { // requests alone are answered
				_, _ = l.write(nack)
			}
			continue
		}
		switch p := p.(type) {
		case *pdu.SubmitSMResp:
			l.p.answered(l, h.SequenceNumber, answer{status: h.CommandStatus, id: p.MessageID})
		case *pdu.GenericNack:
			l.p.answered(l, h.SequenceNumber, answer{status: h.CommandStatus})
		case *pdu.EnquireLink:
			_, _ = l.write(p.GetResponse())
		case *pdu.DeliverSM:
			l.receipts <- p
		case *pdu.Unbind:
			_, _ = l.write(p.GetResponse())
			return errors.New("the carrier has unbound")
		case *pdu.UnbindResp:
			close(l.unbound)
			return errStopped
		case nil:
			// A refusal of a submit_sm without a body.
			l.p.answered(l, h.SequenceNumber, answer{status: h.CommandStatus})
		}
	}
	return errors.New("too many PDUs that cannot be read")
}

// keepReceipts answers a receipt when it is kept: the carrier repeats others.
func (l *line) keepReceipts() {
	for d := range l.receipts {
		resp := d.GetResponse()
		if r, ok := l.p.c.readReceipt(d); ok {
			if err := l.p.keep(r); err != nil {
				if r, ok := resp.(*pdu.DeliverSMResp); ok {
					r.CommandStatus = data.ESME_RX_T_APPN
				}
			}
		}
		_, _ = l.write(resp)
	}
}

// close ends the line once: whoever waits is told that the answer is open.
func (l *line) close(why error) {
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	if l.why != nil {
		return
	}
	l.why = why
	_ = l.conn.Close()
	for seq, r := range l.waiting {
		delete(l.waiting, seq)
		r.answer <- answer{err: errLost}
	}
	if l.p.line == l {
		l.p.line = nil
	}
	l.p.wake()
	if !errors.Is(why, errStopped) {
		l.p.log.Warn("smpp line lost", "provider", l.p.c.Name, "error", why)
	}
}
