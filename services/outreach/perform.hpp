#pragma once
// Where messages leave the suite. The only part of outreach that touches the world.

#include "outreach/state.hpp"
#include "runtime/clock.hpp"
#include "runtime/read_view.hpp"

namespace bridgework::outreach {

/// Sends one claimed message and says what became of it.
///
/// Two things are looked at again right before it leaves, because a commit may lie some time back: whether the contact point has opted
/// out meanwhile (withheld), and whether the window at the recipient has closed (given back as planned, for the gate to decide again).
/// Channel `file` writes `<outbox>/<message>.eml` or `.txt`: whole or not at all, on disk before it counts as sent, and never twice; a
/// file that is there already is a message that has left.
messages::RecordSend perform_at(const SendMessage& effect, const runtime::IndexReader& indexes, const Config& config, Instant now);

inline messages::RecordSend perform(const SendMessage& effect, const runtime::IndexReader& indexes, const Config& config) {
  return perform_at(effect, indexes, config, runtime::system_now());
}

/// The report on a message whose sender died: it may have left, so it is never sent again.
messages::RecordSend uncertain(const SendMessage& effect);

}  // namespace bridgework::outreach
