// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	queueLength = 4096
	batchLength = 256
	patience    = 5 * time.Second // of Write, when the queue is full
	retryAfter  = time.Second     // when the disk refuses
)

// Config is what a journal needs of its surroundings.
type Config struct {
	Now    func() time.Time
	Logger *slog.Logger // learns of lost events, and of heads

	// Keep is how long events stay; zero is [retention.Audit]. What is too old
	// goes by months, when the last of a month is.
	Keep time.Duration
}

// Journal is the [Log] that writes: a queue in front of one writer, off the
// path of requests. Close it, or what waits is lost.
type Journal struct {
	to     sink
	now    func() time.Time
	logger *slog.Logger
	lost   atomic.Int64 // events since the last batch that could not be kept

	mu       sync.RWMutex // guards queue against being closed under a writer
	closed   bool
	queue    chan Event
	closing  chan struct{} // closed when Close begins: no more waiting for the disk
	finished chan struct{} // closed when the last event is written
	once     sync.Once
}

var _ Log = (*Journal)(nil)

// sink puts events behind the end of a chain, all or none.
type sink interface {
	append(events []Event) error
	head() Head
}

// Open writes to a file, behind what is there. Each month has a file of its own:
// that of the present month is at path, "audit.log"; when it is over it moves to
// "audit-2026-10.log", and the chain goes on. Several processes may write to one
// file; one that was moved away goes on in a new one. A file whose last line does
// not hold is an error.
func Open(path string, c Config) (*Journal, error) {
	to, err := openFile(path, c)
	if err != nil {
		return nil, err
	}
	return newJournal(to, c), nil
}

// NewStream writes to w, such as the standard error output, a chain that begins
// anew with every process.
func NewStream(w io.Writer, c Config) *Journal {
	return newJournal(&stream{to: w, at: origin()}, c)
}

func newJournal(to sink, c Config) *Journal {
	j := &Journal{
		to:       to,
		now:      c.Now,
		logger:   c.Logger,
		queue:    make(chan Event, queueLength),
		closing:  make(chan struct{}),
		finished: make(chan struct{}),
	}
	j.reportHead("audit opened")
	go j.run()
	return j
}

// Write implements [Log].
func (j *Journal) Write(ctx context.Context, e Event) {
	if e.At.IsZero() {
		e.At = j.now()
	}
	e.At = e.At.UTC()
	e = e.Plain()
	if !j.enqueue(ctx, e) {
		j.lose(e)
	}
}

func (j *Journal) enqueue(ctx context.Context, e Event) bool {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if j.closed {
		return false
	}
	select {
	case j.queue <- e:
		return true
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case j.queue <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

// lose leaves the event where the operator reads, and counts it.
func (j *Journal) lose(e Event) {
	j.lost.Add(1)
	j.logger.Error("audit event not written", "event", e)
}

// Close writes what waits and ends the journal. It returns when all is written,
// or with ctx. Events that come later are lost, loudly.
func (j *Journal) Close(ctx context.Context) error {
	j.once.Do(func() {
		close(j.closing)
		go j.closeQueue()
	})
	select {
	case <-j.finished:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// closeQueue waits for those who are still handing in an event.
func (j *Journal) closeQueue() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	close(j.queue)
}

func (j *Journal) run() {
	defer close(j.finished)
	defer j.reportHead("audit closed")
	for e := range j.queue {
		j.put(j.batch(e))
	}
}

// batch takes what else waits already, so that one trip to the disk does for
// all of it.
func (j *Journal) batch(first Event) []Event {
	events := []Event{first}
	for len(events) < batchLength {
		select {
		case e, ok := <-j.queue:
			if !ok {
				return events
			}
			events = append(events, e)
		default:
			return events
		}
	}
	return events
}

// put does not give up while the process lives: the queue fills behind it, and
// those who write are made to wait.
func (j *Journal) put(events []Event) {
	lost := j.lost.Swap(0)
	if lost > 0 {
		gap := Event{At: j.now().UTC(), Kind: EventsLost, Actor: System, Reason: strconv.FormatInt(lost, 10)}
		events = append([]Event{gap}, events...)
	}
	for {
		err := j.to.append(events)
		if err == nil {
			return
		}
		j.logger.Error("audit cannot write", "error", err, "waiting", len(events)+len(j.queue))
		if !j.pause() {
			break
		}
	}
	for _, e := range events {
		j.lose(e)
	}
}

// pause waits before the next try, and reports whether there is to be one.
func (j *Journal) pause() bool {
	select {
	case <-j.closing:
		return false
	case <-time.After(retryAfter):
		return true
	}
}

func (j *Journal) reportHead(what string) {
	head := j.to.head()
	j.logger.Info(what, "line", head.Line, "sum", head.Sum)
}
