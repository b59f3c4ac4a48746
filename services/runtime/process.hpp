#pragma once
// One instance of one service as a process: sockets, threads, signals around the engine.

#include "runtime/handler.hpp"
#include "runtime/settings.hpp"

namespace bridgework::runtime {

/// Serves until SIGTERM or SIGINT, then finishes what it has, gives its lanes back and returns 0. Returns 1, with a sentence on standard
/// error, when it cannot start.
///
/// Three threads: the loop (commands, events, timers, commits), the queries, the effects; each with its own connection to the store, so
/// that a heavy question and a slow mail server delay no commit.
int run_process(const ProcessSettings& settings, const Handler& handler);

}  // namespace bridgework::runtime
