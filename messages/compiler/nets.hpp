#pragma once
// Three nets under the evolution of schemas, for capnp's own checker lets a swap of two same-typed fields, a dropped trailing field, a
// rename and a deleted event pass.

#include <capnp/schema.capnp.h>

#include <string>
#include <vector>

namespace bridgework::message_compiler {

/// What a release leaves behind for all later ones to be held against.
struct Baseline {
  /// The schema nodes, packed: the loader's net.
  std::string schemas;
  /// A line for each struct, field, enum and enumerant, sorted: the net of names.
  std::string names;
  /// Bytes of a sample of everything that is stored, with their text: the golden net.
  std::string golden;
};

/// The baseline of a request. Golden bytes of earlier releases stay in it for ever.
Baseline make_baseline(capnp::schema::CodeGeneratorRequest::Reader request, const Baseline& previous);

/// What the schemas of a request do to messages of the baseline; empty when they only add. Each problem begins with its net: `loader:`,
/// `names:` or `golden:`.
std::vector<std::string> find_breaks(const Baseline& baseline, capnp::schema::CodeGeneratorRequest::Reader request);

/// A baseline in the three files of a folder; files that are not there are empty.
Baseline read_baseline(const std::string& folder);
void write_baseline(const std::string& folder, const Baseline& baseline);

}  // namespace bridgework::message_compiler
