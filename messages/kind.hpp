#pragma once
// What a schema's struct is to the suite. Every generated value type names its own as `kKind`.

#include <cstdint>

namespace bridgework::messages {

enum class MessageKind : std::uint8_t { kPart, kEvent, kCommand, kQuery, kReply, kRecord, kTimer, kEffect };

}  // namespace bridgework::messages
