// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// What one connection may take. Patience is real time, whatever [Config.Now]
// says: it is for the deadlines of the network.
const (
	maxAnonymous  = 256 << 10 // bytes of a message before a bind
	maxMessage    = 8 << 20   // and after
	maxConcurrent = 32        // operations at once
	maxPending    = 256       // and those that wait for them
	readPatience  = 30 * time.Second
	writePatience = 30 * time.Second
	closePatience = 3 * time.Second
)

// conn serves one client. One goroutine reads and starts operations; each runs
// in its own, so that a slow one holds up nothing but itself.
type conn struct {
	server  *Server
	net     net.Conn
	trusted bool

	// Only the reading goroutine touches these, and only while nothing runs.
	who        identity
	mustChange bool

	out     *outbox
	pending chan struct{}
	slots   chan struct{}
	busy    sync.WaitGroup

	mu     sync.Mutex
	cancel map[int]context.CancelFunc // by message ID
	pages  pages
}

func newConn(s *Server, nc net.Conn, trusted bool) *conn {
	return &conn{
		server: s, net: nc, trusted: trusted, out: newOutbox(nc),
		pending: make(chan struct{}, maxPending), slots: make(chan struct{}, maxConcurrent),
		cancel: map[int]context.CancelFunc{},
	}
}

// run reads until the client leaves, breaks the protocol, or the server closes.
func (c *conn) run() {
	defer c.net.Close()
	defer c.out.finish()
	r := bufio.NewReaderSize(c.net, 16<<10)
	for {
		m, err := c.read(r)
		if err != nil {
			c.leave(err)
			return
		}
		if _, ok := m.Op.(wire.Unbind); ok {
			c.abandonAll()
			return
		}
		c.start(m)
	}
}

// read waits for a message. Once it has begun it must arrive soon.
func (c *conn) read(r *bufio.Reader) (wire.Message, error) {
	if _, err := r.Peek(1); err != nil {
		return wire.Message{}, err
	}
	c.setDeadline(time.Now().Add(readPatience))
	defer c.setDeadline(time.Time{})
	limit := maxMessage
	if c.who.anonymous() {
		limit = maxAnonymous
	}
	b, err := wire.ReadMessage(r, limit)
	if err != nil {
		return wire.Message{}, err
	}
	return wire.Decode(b)
}

// setDeadline bounds reading, but never undoes what interrupt did: that comes
// after closing is closed, so that one of the two sees the other.
func (c *conn) setDeadline(when time.Time) {
	_ = c.net.SetReadDeadline(when)
	select {
	case <-c.server.closing:
		_ = c.net.SetReadDeadline(time.Now())
	default:
	}
}

// leave ends the connection after what is under way. When the server closes
// that is finished; when the client is gone nobody waits for it.
func (c *conn) leave(err error) {
	select {
	case <-c.server.closing:
		c.busy.Wait()
		c.disconnect(wire.Unavailable, "server is closing")
		return
	default:
	}
	c.abandonAll()
	if errors.Is(err, wire.ErrMalformed) {
		c.disconnect(wire.ProtocolError, "malformed message")
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, net.ErrClosed) {
		c.server.Logger.Debug("ldap connection ended", "error", err)
	}
}

// disconnect sends the Notice of Disconnection (RFC 4511 section 4.4.1).
func (c *conn) disconnect(code wire.Code, text string) {
	c.send(0, wire.Result{Kind: wire.ExtendedResult, Error: wire.Error{Code: code, Text: text}, OID: wire.OIDDisconnection})
}

// interrupt makes a waiting read return, and a write soon, so that run can end.
func (c *conn) interrupt() {
	_ = c.net.SetReadDeadline(time.Now())
	c.out.setDeadline(closePatience)
}

// start runs an operation. A bind waits until the others have ended (RFC 4511
// section 4.2.1) and holds up those that follow.
func (c *conn) start(m wire.Message) {
	switch op := m.Op.(type) {
	case wire.Abandon:
		c.abandon(op.ID)
		return
	case wire.Bind:
		c.abandonAll()
		c.perform(c.request(context.Background(), m))
		return
	case wire.Extended:
		if c.mustChange && op.OID == wire.OIDPasswordModify { // it may lift that
			c.busy.Wait()
			c.perform(c.request(context.Background(), m))
			return
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.mu.Lock()
	c.cancel[m.ID] = cancel
	c.mu.Unlock()
	c.pending <- struct{}{}
	c.busy.Add(1)
	q := c.request(ctx, m)
	go func() {
		defer func() {
			c.abandon(m.ID)
			<-c.pending
			c.busy.Done()
		}()
		c.slots <- struct{}{}
		defer func() { <-c.slots }()
		c.perform(q)
	}()
}

func (c *conn) abandon(id int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel := c.cancel[id]; cancel != nil {
		cancel()
		delete(c.cancel, id)
	}
}

func (c *conn) abandonAll() {
	c.mu.Lock()
	for _, cancel := range c.cancel {
		cancel()
	}
	c.mu.Unlock()
	c.busy.Wait()
}

// send writes one answer.
func (c *conn) send(id int, op wire.Response, controls ...wire.Control) {
	_ = c.write(wire.Encode(id, op, controls...))
}

// write sends bytes. Nobody else waits for a client that does not read, since
// no transaction is open here.
func (c *conn) write(b []byte) error { return c.out.put(b) }
