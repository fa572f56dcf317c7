package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU times in /proc; it has been 100 Hz on every Linux for decades
// (proc(5), sysconf(_SC_CLK_TCK)).
const clockTick = 10 * time.Millisecond

// rssOf is the memory of a process as a user sees it, in KiB.
func rssOf(pid int) (int, error) { return memoryOf(pid, "VmRSS:") }

// peakOf is the most it was since forgetPeak.
func peakOf(pid int) (int, error) { return memoryOf(pid, "VmHWM:") }

// forgetPeak lets the kernel measure the peak anew (proc_pid_clear_refs(5)).
func forgetPeak(pid int) error {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
		return fmt.Errorf("memory of the server: %w", err)
	}
	return nil
}

func memoryOf(pid int, which string) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory of the server: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, which); found {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
		}
	}
	return 0, fmt.Errorf("memory of the server: /proc/%d/status has no %s", pid, which)
}

// cpuOf is the time a process has spent in itself and in the kernel.
func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("CPU of the server: %w", err)
	}
	// The second field is a name in brackets that may hold blanks; utime and stime are fields 14 and 15.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("CPU of the server: /proc/%d/stat is too short", pid)
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("CPU of the server: /proc/%d/stat has no times", pid)
	}
	return time.Duration(user+system) * clockTick, nil
}
