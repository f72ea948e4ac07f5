package smpp_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
)

// Commands of SMPP 3.4 §5.1.2.1 that the carrier below knows.
const (
	cmdBind    = 0x00000009
	cmdSubmit  = 0x00000004
	cmdDeliver = 0x00000005
	cmdUnbind  = 0x00000006
	cmdEnquire = 0x00000015
	cmdNack    = 0x80000000
	response   = 0x80000000
)

// frame is one PDU off the wire.
type frame struct {
	cmd, status, seq uint32
	body             []byte
	conn             *wire
}

// wire writes PDUs byte by byte as this file says, without a library: also
// such as no library would write.
type wire struct {
	net.Conn
	mu sync.Mutex
}

func (w *wire) put(cmd, status, seq uint32, body ...byte) {
	b := binary.BigEndian.AppendUint32(nil, uint32(16+len(body)))
	b = binary.BigEndian.AppendUint32(b, cmd)
	b = binary.BigEndian.AppendUint32(b, status)
	b = binary.BigEndian.AppendUint32(b, seq)
	w.raw(append(b, body...))
}

func (w *wire) raw(b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = w.Write(b)
}

func cstring(s string) []byte { return append([]byte(s), 0) }

// carrier is a server that misbehaves as it is told.
type carrier struct {
	t *testing.T
	l net.Listener

	mu    sync.Mutex
	do    func(f frame) // instead of the good behaviour
	conns []*wire

	binds chan *wire // each connection that sent a bind
	gone  chan *wire // each connection that has ended
	got   chan frame // each PDU but the bind
}

func newCarrier(t *testing.T) *carrier {
	t.Helper()
	return newCarrierOn(t, func(l net.Listener) net.Listener { return l })
}

func newCarrierOn(t *testing.T, wrap func(net.Listener) net.Listener) *carrier {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l = wrap(l)
	c := &carrier{t: t, l: l, binds: make(chan *wire, 100), gone: make(chan *wire, 100), got: make(chan frame, 1000)}
	t.Cleanup(c.close)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w := &wire{Conn: conn}
			c.mu.Lock()
			c.conns = append(c.conns, w)
			c.mu.Unlock()
			go c.serve(w)
		}
	}()
	return c
}

func (c *carrier) addr() string { return c.l.Addr().String() }

func (c *carrier) close() {
	_ = c.l.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.conns {
		_ = w.Close()
	}
}

// behave replaces the good behaviour for all that comes; nil restores it.
func (c *carrier) behave(do func(f frame)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.do = do
}

func (c *carrier) serve(w *wire) {
	defer func() { _ = w.Close(); c.gone <- w }()
	for {
		var head [16]byte
		if _, err := io.ReadFull(w, head[:]); err != nil {
			return
		}
		f := frame{cmd: binary.BigEndian.Uint32(head[4:]), status: binary.BigEndian.Uint32(head[8:]), seq: binary.BigEndian.Uint32(head[12:]), conn: w}
		f.body = make([]byte, binary.BigEndian.Uint32(head[:])-16)
		if _, err := io.ReadFull(w, f.body); err != nil {
			return
		}
		c.mu.Lock()
		do := c.do
		c.mu.Unlock()
		if do == nil || f.cmd == cmdUnbind {
			do = good
		}
		do(f)
		if f.cmd == cmdBind {
			c.binds <- w
		} else {
			c.got <- f
		}
	}
}

func good(f frame) {
	switch f.cmd {
	case cmdBind:
		f.conn.put(response|cmdBind, 0, f.seq, cstring("carrier")...)
	case cmdSubmit:
		f.conn.put(response|cmdSubmit, 0, f.seq, cstring("id-"+string('a'+rune(f.seq%26)))...)
	case cmdEnquire, cmdUnbind:
		f.conn.put(response|f.cmd, 0, f.seq)
	}
}

// submitted takes a submit_sm apart, SMPP 3.4 §4.4.1.
type submitted struct {
	sourceTON, destTON   byte
	source, dest         string
	esm, coding, receipt byte
	validity             string
	text                 []byte
}

func (f frame) submitted() (s submitted) {
	r := bytes.NewBuffer(f.body)
	str := func() string { b, _ := r.ReadBytes(0); return string(bytes.TrimSuffix(b, []byte{0})) }
	one := func() byte { b, _ := r.ReadByte(); return b }
	str() // service_type
	s.sourceTON, _, s.source = one(), one(), str()
	s.destTON, _, s.dest = one(), one(), str()
	s.esm, _, _ = one(), one(), one()
	str() // schedule_delivery_time
	s.validity, s.receipt, _ = str(), one(), one()
	s.coding, _ = one(), one()
	s.text = r.Next(int(one()))
	return s
}

// receipt is the body of a deliver_sm with a receipt, §4.6.1.
func receipt(text string, tlv ...byte) []byte {
	b := []byte{0, 1, 1, 0, 5, 0, 0, 0x04, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(text))}
	return append(append(b, text...), tlv...)
}
