// Writes the seeds that are made of the schemas: FOLDER/<target>/<message>. They are the golden bytes of messages/baseline, so a released
// message is a seed from its release on.
//
//   fuzz_seeds GOLDEN_FILE FOLDER

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "gateway/forms.hpp"
#include "gateway/json_mapper.hpp"
#include "messages/catalogue.hpp"
#include "messages/envelope.codec.hpp"

namespace {

using namespace bridgework;
namespace fs = std::filesystem;

void write(const fs::path& file, std::string_view bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string pair_of(std::size_t number) { return {static_cast<char>(number & 0xff), static_cast<char>(number >> 8)}; }

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

void write_seeds(const std::string& name, const std::string& bytes, const fs::path& folder, const gateway::Forms& forms) {
  const auto all = messages::all_messages();
  for (std::size_t place = 0; place < all.size(); ++place) {
    if (all[place].name != name) continue;
    write(folder / "codec" / name, pair_of(place) + bytes);
    write(folder / "json" / (name + ".bytes"), pair_of(place | 0x8000u) + bytes);
    std::string text;
    const gateway::StructForm* form = forms.find(all[place].type_id);
    if (form != nullptr && gateway::append_json(text, *form, bytes)) write(folder / "json" / name, pair_of(place) + text);
    if (all[place].kind == messages::MessageKind::kEvent) {
      write(folder / "event" / name, "\xff" + pair_of(place) + bytes);
      messages::EventRecord record;
      record.type_id = all[place].type_id;
      record.recorded_at = Instant{std::chrono::seconds{1'795'305'600}};
      record.service = all[place].owner;
      record.person = "p-1";
      record.site = "s-1";
      record.body = bytes;
      write(folder / "event" / (name + ".record"), encode(record));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const fs::path folder = argv[2];
  const gateway::Forms forms;
  std::ifstream golden(argv[1]);
  if (!golden) return 2;
  constexpr std::string_view kMessage = "message messages/", kBytes = "bytes ";
  std::string name, bytes;
  std::size_t written = 0;
  const auto finish = [&] {
    if (name.empty()) return;
    write_seeds(name, bytes, folder, forms);
    ++written;
  };
  for (std::string line; std::getline(golden, line);) {
    if (line.starts_with("message ")) {
      finish();
      const std::size_t colon = line.find(':');
      name = line.starts_with(kMessage) && colon != std::string::npos ? line.substr(colon + 1) : std::string();
      bytes.clear();
    } else if (line.starts_with(kBytes)) {
      bytes += from_hex(std::string_view(line).substr(kBytes.size()));
    }
  }
  finish();
  return written > 0 ? 0 : 1;
}
