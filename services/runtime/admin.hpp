#pragma once
// What operators ask of a service's bookkeeping, without going through its rules.

#include "runtime/keys.hpp"
#include "runtime/store.hpp"

namespace bridgework::runtime {

/// Throws away everything a service keeps and lets it read the log from its first event again.
///
/// Only for services that do nothing but consume: no commands, no events of their own. Safe beside running instances: they lose every
/// fence first, and get no lane before everything is gone. Safe to repeat: if it is cut short the service stands still (not ready, lag
/// grows) until it is run again.
tl::expected<void, Fault> rebuild_service(Redis& redis, const Keys& keys);

/// Parked messages of a service, as `Parked` bytes, in the order of the log.
tl::expected<std::vector<std::string>, Fault> list_parked(Redis& redis, const Keys& keys);

}  // namespace bridgework::runtime
