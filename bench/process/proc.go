package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU times in /proc; it has been 100 Hz on every Linux for decades
// (proc(5), sysconf(_SC_CLK_TCK)).
const clockTick = 10 * time.Millisecond

// RSSOf is the memory of a process as a user sees it, in KiB.
func RSSOf(pid int) (int, error) { return memoryOf(pid, "VmRSS:") }

// PeakOf is the most it was since forgetPeak.
func PeakOf(pid int) (int, error) { return memoryOf(pid, "VmHWM:") }

// ForgetPeak lets the kernel measure the peak anew (proc_pid_clear_refs(5)).
func ForgetPeak(pid int) error {
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

// CPUOf is the time that the threads of a process have spent in themselves and in the kernel. What threads
// spent that have ended is missing; a Go server ends few, and only around hashes.
func CPUOf(pid int) (time.Duration, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, fmt.Errorf("CPU of the server: %w", err)
	}
	var spent time.Duration
	for _, name := range threads {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // a thread that has just ended
		}
		first, _, _ := strings.Cut(string(stat), " ") // nanoseconds on a core (kernel.org, scheduler/sched-stats)
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("CPU of the server: %s says %q", name, stat)
		}
		spent += time.Duration(n)
	}
	if spent == 0 {
		return ticksOf(pid) // a kernel without CONFIG_SCHED_INFO
	}
	return spent, nil
}

// ticksOf is the same, to within a hundredth of a second.
func ticksOf(pid int) (time.Duration, error) {
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
