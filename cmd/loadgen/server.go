package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"motcua/internal/credential"
)

// server is what the server's metrics say at one moment.
type server struct {
	cpu                 time.Duration
	rss                 int64 // bytes
	hashes              int64
	engine, synchronous string
}

var label = regexp.MustCompile(`(\w+)="([^"]*)"`)

// ask reads the metrics of the operations listener.
func ask(ctx context.Context, ops string) (server, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ops+"/metrics", nil)
	if err != nil {
		return server{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return server{}, fmt.Errorf("the server's metrics cannot be read (start it with --ops-listen): %w", err)
	}
	defer resp.Body.Close()
	var s server
	lines := bufio.NewScanner(io.LimitReader(resp.Body, 4<<20))
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		switch {
		case name == "process_cpu_seconds_total":
			s.cpu = time.Duration(n * float64(time.Second))
		case name == "process_resident_memory_bytes":
			s.rss = int64(n)
		case name == "motcua_password_hash_seconds_count":
			s.hashes = int64(n)
		case strings.HasPrefix(name, "motcua_database_info{"):
			for _, m := range label.FindAllStringSubmatch(name, -1) {
				switch m[1] {
				case "engine":
					s.engine = m[2]
				case "synchronous":
					s.synchronous = m[2]
				}
			}
		}
	}
	if s.cpu == 0 {
		return s, fmt.Errorf("%s/metrics does not tell the process's CPU time", ops)
	}
	return s, lines.Err()
}

// hashRuns is how many hashes a calibration makes.
const hashRuns = 40

// hashCPU measures what one password check costs, by this process's own CPU
// time: the server's clock would count the wait for a core as well. pause lies
// between the checks, as at the rate of the phase that is measured: a check
// whose memory and caches have gone cold costs more than one right after
// another.
func hashCPU(ctx context.Context, pause time.Duration) time.Duration {
	h := credential.New(func(b []byte) []byte { return b }, 1)
	_ = h.VerifyNone(ctx, "warm")
	before := ownCPU()
	for range hashRuns {
		_ = h.VerifyNone(ctx, "xanhlacay chuoi")
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return 0
		}
	}
	return (ownCPU() - before) / hashRuns
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
