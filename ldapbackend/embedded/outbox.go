// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"net"
	"sync"
	"time"
)

// maxQueued is how many bytes wait for a client that reads slowly before the
// operations that answer it wait too.
const maxQueued = 4 << 20

// outbox holds the answers of a connection until they are written. Without it a
// client that writes before it reads, on a pipe without a buffer, would wait
// for the server, and the server for it.
type outbox struct {
	net net.Conn

	mu     sync.Mutex
	change sync.Cond
	wait   time.Duration // for one write
	queue  []byte
	ended  bool // nothing more will come
	broken bool // the client does not read
	done   chan struct{}
}

func newOutbox(nc net.Conn) *outbox {
	o := &outbox{net: nc, wait: writePatience, done: make(chan struct{})}
	o.change.L = &o.mu
	go o.run()
	return o
}

// put queues bytes. It waits while too many are queued, and fails when the
// client is gone.
func (o *outbox) put(b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) > maxQueued && !o.broken {
		o.change.Wait()
	}
	if o.broken || o.ended {
		return net.ErrClosed
	}
	o.queue = append(o.queue, b...)
	o.change.Broadcast()
	return nil
}

// finish writes what is queued, and returns when that is done.
func (o *outbox) finish() {
	o.mu.Lock()
	o.ended = true
	o.change.Broadcast()
	o.mu.Unlock()
	<-o.done
}

func (o *outbox) run() {
	defer close(o.done)
	for b := o.take(nil); b != nil; b = o.take(b) {
		o.setDeadline(writePatience)
		if _, err := o.net.Write(b); err != nil {
			o.giveUp()
			return
		}
	}
}

// take waits for bytes; nil means the end. spent is a buffer to use again.
func (o *outbox) take(spent []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) == 0 && !o.ended {
		o.change.Wait()
	}
	if len(o.queue) == 0 {
		return nil
	}
	b := o.queue
	if cap(spent) > 64<<10 {
		spent = nil
	}
	o.queue = spent[:0]
	o.change.Broadcast()
	return b
}

// setDeadline bounds the write that comes or is under way. Once shortened, as
// when the server closes, the patience stays short.
func (o *outbox) setDeadline(patience time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wait = min(o.wait, patience)
	_ = o.net.SetWriteDeadline(time.Now().Add(o.wait))
}

func (o *outbox) giveUp() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.broken, o.queue = true, nil
	o.change.Broadcast()
	_ = o.net.Close()
}
