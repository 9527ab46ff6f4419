#include "bench/signals.h"

#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace clipbench::bench {
namespace {

volatile std::sig_atomic_t noted_signal = 0;
volatile std::sig_atomic_t times_noted = 0;

void note(int signal) {
  if (noted_signal == 0) noted_signal = signal;
  times_noted = times_noted + 1;
  if (times_noted >= 3) _exit(128 + signal);
}

}  // namespace

void watch_signals() {
  struct sigaction action {};
  action.sa_handler = note;  // no SA_RESTART: a waiting poll() must return at once
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  std::signal(SIGCHLD, SIG_DFL);  // ignored, as some launchers leave it, no child's end is told
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a write past `ulimit -f` fails like one on a full disk
}

int interrupting_signal() { return noted_signal; }

const char* signal_name(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGABRT:
      return "SIGABRT";
    case SIGBUS:
      return "SIGBUS";
    case SIGFPE:
      return "SIGFPE";
    case SIGILL:
      return "SIGILL";
    case SIGKILL:
      return "SIGKILL";
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    case SIGHUP:
      return "SIGHUP";
    case SIGPIPE:
      return "SIGPIPE";
    case SIGTRAP:
      return "SIGTRAP";
    case SIGSYS:
      return "SIGSYS";
    case SIGXCPU:
      return "SIGXCPU";
    case SIGXFSZ:
      return "SIGXFSZ";
    default:
      return "unnamed";
  }
}

}  // namespace clipbench::bench
