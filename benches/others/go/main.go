// The rows of the comparison in Go: `others WORKLOAD --size N --workers N --runs N --seconds S [--no-warm-up]`;
// `others --list` names the workloads.
//
// Prints one line of JSON, as every program of the comparison does. Runs that do not count come first, for a fifth of
// the time and at least one of them, unless there must be none; then runs until there are enough or time is over. Where
// the first alone took all of it, it is the one that counts.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// What one run came to: how many operations it was, and figures by name. No figures: the time per operation.
type outcome struct {
	operations int
	figures    map[string]float64
}

type run struct {
	Operations int                `json:"operations"`
	CPU        int64              `json:"cpu_ns"`
	Figures    map[string]float64 `json:"figures"`
}

type report struct {
	Version       string `json:"version"`
	Peak          int    `json:"peak_bytes"`
	AllOperations int    `json:"all_operations"`
	Runs          []run  `json:"runs"`
}

// Resident memory in bytes: VmRSS is what there is now, VmHWM the most that there was.
func memory(name string) int {
	line := regexp.MustCompile(`(?m)^` + name + `:\s+(\d+) kB$`)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fail(err)
	}
	kib, err := strconv.Atoi(string(line.FindSubmatch(status)[1]))
	if err != nil {
		fail(err)
	}
	return kib * 1024
}

// The time that this process has computed, in nanoseconds.
func cpuTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func measured(work func(int) outcome, size int) run {
	cpu := cpuTime()
	start := time.Now()
	outcome := work(size)
	wall := time.Since(start)
	if outcome.figures == nil {
		outcome.figures = map[string]float64{"time": float64(wall.Nanoseconds()) / float64(outcome.operations)}
	}
	return run{outcome.operations, cpuTime() - cpu, outcome.figures}
}

func fail(reason any) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(1)
}

func main() {
	if len(os.Args) < 2 {
		fail("which workload?")
	}
	if os.Args[1] == "--list" {
		names := make([]string, 0, len(workloads))
		for name := range workloads {
			names = append(names, name)
		}
		print(map[string]any{"version": runtime.Version(), "workloads": names})
		return
	}
	work, known := workloads[os.Args[1]]
	if !known {
		fail("no such workload: " + os.Args[1])
	}
	flags := flag.NewFlagSet("others", flag.ExitOnError)
	size := flags.Int("size", 1000, "how much of it")
	workers := flags.Int("workers", 2, "GOMAXPROCS")
	most := flags.Int("runs", 3, "at most so many runs")
	seconds := flags.Float64("seconds", 1, "at most so long")
	noWarmUp := flags.Bool("no-warm-up", false, "the first run counts")
	if err := flags.Parse(os.Args[2:]); err != nil {
		fail(err)
	}
	runtime.GOMAXPROCS(*workers)

	said := report{Version: runtime.Version(), Runs: []run{}}
	start := time.Now()
	warm := *noWarmUp
	for len(said.Runs) < *most && (len(said.Runs) == 0 || time.Since(start).Seconds() < *seconds) {
		run := measured(work, *size)
		said.AllOperations += run.Operations
		spent := time.Since(start).Seconds()
		if warm || spent >= *seconds {
			said.Runs = append(said.Runs, run)
		}
		warm = warm || spent >= *seconds/5
	}
	said.Peak = memory("VmHWM")
	print(said)
}

func print(said any) {
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		fail(err)
	}
}
