#pragma once
// What a record says after a decision that is still being made.

#include <optional>
#include <string>
#include <variant>

#include "appointments/state.hpp"

namespace bridgework::appointments {

/// The record as the decision leaves it so far, or as it is stored. So several things that follow from one message may change the same
/// record one after the other, and none undoes what another did.
template <class R>
std::optional<R> pending(const Decision& decision, const State& state, const std::string& id) {
  const std::string key = runtime::record_key<R>(id);
  for (auto change = decision.records().rbegin(); change != decision.records().rend(); ++change) {
    if (change->key != key) continue;
    return change->value ? std::optional<R>(std::get<R>(*change->value)) : std::nullopt;
  }
  const R* stored = state.find<R>(id);
  return stored == nullptr ? std::nullopt : std::optional<R>(*stored);
}

}  // namespace bridgework::appointments
