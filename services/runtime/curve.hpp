#pragma once
// Key pairs of CURVE: what a process shows to prove who it is on a link that leaves the machine.

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace bridgework::runtime {

/// Both halves as Z85 text of 40 characters. The secret one never leaves its file and this process.
struct CurveKeys {
  std::string public_key;
  std::string secret_key;
};

/// A fresh pair.
CurveKeys make_curve_keys();

/// Whether this is a key as CURVE writes it.
bool is_curve_key(std::string_view text);

/// Reads a pair: the public key on the first line, the secret one on the second. Refuses, with a sentence, a file that anybody but its
/// owner may read, and two halves that do not belong together.
tl::expected<CurveKeys, std::string> read_curve_keys(const std::string& path);

/// Writes a pair to a new file that only its owner may read. Never replaces one: the old key may be all that opens a link.
tl::expected<void, std::string> write_curve_keys(const std::string& path, const CurveKeys& keys);

}  // namespace bridgework::runtime
