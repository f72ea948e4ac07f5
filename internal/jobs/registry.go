package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// DefaultMaxAttempts gives a job a little over an hour of retries.
	DefaultMaxAttempts = 13
	// DefaultTimeout is real time that one attempt may take.
	DefaultTimeout = time.Minute
	// maxArgs bounds the JSON of a job's arguments in bytes: ids need no more.
	maxArgs = 2048
)

// Args are the arguments of a job: a struct of ids whose Kind names the
// handler. Kind is called on the zero value.
type Args interface{ Kind() string }

var kindPattern = regexp.MustCompile(`^[a-z][a-z0-9_.]{1,63}$`)

// A Registry knows the handler of each kind of job. Kinds may be added until
// the queue is started. It is safe for concurrent use.
type Registry struct {
	mu       sync.RWMutex
	kinds    map[string]handler
	periodic map[string]periodic
}

type handler struct {
	run         func(ctx context.Context, args []byte) error
	args        reflect.Type
	maxAttempts int
	timeout     time.Duration
	elsewhere   bool
	when        func() bool
}

type periodic struct {
	every time.Duration
	run   func(ctx context.Context) error
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	return &Registry{kinds: map[string]handler{}, periodic: map[string]periodic{}}
}

// An Option tunes a kind of job.
type Option func(*handler)

// MaxAttempts bounds how often a job is begun, at least once. The pauses
// between attempts grow from 1 s to 1 h: 6 attempts last half a minute, 13 a
// little over an hour, 36 a day.
func MaxAttempts(n int) Option { return func(h *handler) { h.maxAttempts = max(1, n) } }

// Timeout bounds one attempt in real time; afterwards its context ends.
func Timeout(d time.Duration) Option { return func(h *handler) { h.timeout = d } }

// Elsewhere makes this process enqueue jobs of the kind and leave them to
// others: it lacks what they need, such as a gateway.
func Elsewhere() Option { return func(h *handler) { h.elsewhere = true } }

// When makes this process take jobs of the kind only while f says so: now and
// then another process alone has what they need. f is asked often and must
// answer from memory.
func When(f func() bool) Option { return func(h *handler) { h.when = f } }

// Register sets the handler of the kind of A. An error makes the job run again
// later, unless it is wrapped by Cancel. Register panics when the kind is
// malformed or taken: that is a mistake in the program.
func Register[A Args](r *Registry, fn func(ctx context.Context, a A) error, opts ...Option) {
	var zero A
	kind := zero.Kind()
	h := handler{
		args:        reflect.TypeFor[A](),
		maxAttempts: DefaultMaxAttempts,
		timeout:     DefaultTimeout,
		run: func(ctx context.Context, args []byte) error {
			var a A
			if err := json.Unmarshal(args, &a); err != nil {
				return Cancel(fmt.Errorf("arguments of %s: %w", kind, err))
			}
			return fn(ctx, a)
		},
	}
	for _, o := range opts {
		o(&h)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.claimName(kind)
	r.kinds[kind] = h
}

// Periodic makes fn run every so often on one process at a time, for the first
// time at once on a new database. A missed run is made up for once, not once
// for each time missed. It panics as Register does.
func (r *Registry) Periodic(kind string, every time.Duration, fn func(ctx context.Context) error) {
	if every <= 0 {
		panic("jobs: " + kind + ": the period must be positive")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.claimName(kind)
	r.periodic[kind] = periodic{every: every, run: fn}
}

func (r *Registry) claimName(kind string) {
	if !kindPattern.MatchString(kind) {
		panic(fmt.Sprintf("jobs: kind %q must match %s", kind, kindPattern))
	}
	_, job := r.kinds[kind]
	_, per := r.periodic[kind]
	if job || per || kind == purgeKind {
		panic("jobs: kind " + kind + " is registered twice")
	}
}

func (r *Registry) handler(kind string) (handler, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	h, ok := r.kinds[kind]
	return h, ok
}

// names returns the kinds of job this process can run now.
func (r *Registry) names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	names := make([]string, 0, len(r.kinds))
	for k, h := range r.kinds {
		if !h.elsewhere && (h.when == nil || h.when()) {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	return names
}

func (r *Registry) schedule() map[string]periodic {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make(map[string]periodic, len(r.periodic)+1)
	for k, p := range r.periodic {
		all[k] = p
	}
	return all
}

// CheckArgs names the first argument of any registered kind that isn't an id:
// a string or integer whose JSON name is "id" or ends in "_id". A test of the
// whole program calls it.
func (r *Registry) CheckArgs() error {
	for _, kind := range r.names() {
		h, _ := r.handler(kind)
		if h.args.Kind() != reflect.Struct {
			return fmt.Errorf("jobs: arguments of %s: %s is not a struct", kind, h.args)
		}
		for _, f := range reflect.VisibleFields(h.args) {
			if !f.IsExported() && !f.Anonymous {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "-" {
				continue
			}
			switch f.Type.Kind() {
			case reflect.String, reflect.Int, reflect.Int64:
			default:
				return fmt.Errorf("jobs: argument %s of %s is a %s: ids only", f.Name, kind, f.Type)
			}
			if name != "id" && !strings.HasSuffix(name, "_id") {
				return fmt.Errorf(`jobs: argument %s of %s has the JSON name %q: ids only, named "id" or "…_id"`, f.Name, kind, name)
			}
		}
	}
	return nil
}
