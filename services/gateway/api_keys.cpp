#include "gateway/api_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "runtime/log.hpp"
#include "runtime/named_list.hpp"
#include "runtime/text_file.hpp"

namespace bridgework::gateway {
namespace {

constexpr std::size_t kKeyBytesMin = 16;
constexpr std::chrono::seconds kLookEvery{1};
constexpr Role kRoles[] = {Role::kAdmin, Role::kManager, Role::kDesk, Role::kBi, Role::kIntake, Role::kCalendar};

/// Setting up a practice is not the desk's.
constexpr std::string_view kSettingUp[] = {"/v1/sites",
                                           "/v1/chairs",
                                           "/v1/providers",
                                           "/v1/visit-types",
                                           "/v1/campaigns",
                                           "/v1/campaigns/{campaign}",
                                           "/v1/campaigns/{campaign}/stop",
                                           "/v1/sites/{site}/agents",
                                           "/v1/sites/{site}/reminders",
                                           "/v1/sites/{site}/web-form",
                                           "/v1/sites/{site}/form-keys",
                                           "/v1/form-keys/{form_key}/disable"};
/// All a web form needs: the rest would tell strangers about patients.
constexpr std::string_view kOfForms[] = {"GET /v1/sites",    "GET /v1/slots",         "POST /v1/leads",
                                         "POST /v1/persons", "POST /v1/appointments", "POST /v1/appointments/{appointment}/book"};

template <class Words>
bool has(const Words& words, std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

std::optional<std::array<unsigned char, 32>> hash_of_hex(std::string_view hex) {
  std::array<unsigned char, 32> hash{};
  if (hex.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    hash[i / 2] = static_cast<unsigned char>(hash[i / 2] * 16 + digit);
  }
  return hash;
}

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kAdmin: return "admin";
    case Role::kManager: return "manager";
    case Role::kDesk: return "desk";
    case Role::kBi: return "bi";
    case Role::kIntake: return "intake";
    case Role::kCalendar: return "calendar";
  }
  return "";
}

bool permits(Role role, const Route& route) {
  if (role == Role::kAdmin) return true;
  if (const auto* special = std::get_if<Special>(&route.endpoint)) {
    // As the questions of /v1 that they are made of.
    if (*special == Special::kFhirRead || *special == Special::kFhirSearch) {
      const bool of_people = !route.pattern.starts_with("/fhir/R4/Sl") && !route.pattern.starts_with("/fhir/R4/Sc");
      return role == Role::kManager || role == Role::kDesk || (role == Role::kIntake && !of_people);
    }
    return role == Role::kManager && (*special == Special::kStatus || *special == Special::kEvents);
  }
  const messages::MessageInfo& message = *std::get<MessageEndpoint>(route.endpoint).message;
  switch (role) {
    case Role::kAdmin:
    case Role::kManager: return true;
    case Role::kDesk: return message.owner != "analytics" && (route.method == "GET" || !has(kSettingUp, route.pattern));
    case Role::kBi: return route.method == "GET" && (message.owner == "analytics" || route.pattern == "/v1/sites");
    case Role::kIntake: return has(kOfForms, route.method + " " + route.pattern);
    case Role::kCalendar: return false;
  }
  return false;
}

tl::expected<void, std::string> ApiKeys::add_from_file(std::string principal, const std::string& path) {
  std::ifstream file(path);
  std::string key;
  if (!file || !std::getline(file, key)) return tl::unexpected("cannot read an API key from " + path);
  while (!key.empty() && (key.back() == '\r' || key.back() == ' ')) key.pop_back();
  if (key.size() < kKeyBytesMin) return tl::unexpected("the API key in " + path + " is shorter than 16 characters");
  add(std::move(principal), key);
  return {};
}

void ApiKeys::add(std::string principal, std::string_view key) {
  added_.push_back({hash(key), {std::move(principal), Role::kAdmin, {}, {}}});
}

tl::expected<std::vector<ApiKeys::Entry>, std::string> ApiKeys::parse(std::string_view text) {
  const auto refuse = [](std::string why) { return tl::unexpected(std::move(why)); };
  const auto list = runtime::parse_named_list(text, kCallersMax);
  if (!list) return refuse(list.error());
  std::vector<Entry> entries;
  for (const auto& [key, node] : *list) {
    const std::string name(std::string_view{key});
    const toml::table& table = *node.as_table();
    for (const auto& [word, value] : table) {
      if (!has(std::array<std::string_view, 4>{"role", "sites", "provider", "keys"}, std::string_view{word})) {
        return refuse(name + " has only role, sites, provider and keys");
      }
    }
    const auto* role_text = table.contains("role") ? table.get("role")->as_string() : nullptr;
    const auto role = role_text == nullptr ? std::end(kRoles) : std::find_if(std::begin(kRoles), std::end(kRoles), [&](Role one) {
      return to_string(one) == role_text->get();
    });
    if (role == std::end(kRoles)) return refuse(name + ".role must be one of admin, manager, desk, bi, intake, calendar");
    const auto texts = [&](std::string_view word) {
      return table.contains(word) ? runtime::texts_of(*table.get(word)) : std::vector<std::string>();
    };
    const auto sites = texts("sites"), keys = texts("keys");
    // An empty list of sites reads as "none" and would mean "all".
    if (!sites || (table.contains("sites") && sites->empty())) return refuse(name + ".sites must name sites, or be left out for all");
    if (!keys) return refuse(name + ".keys must be a list of texts");
    const auto* provider = table.contains("provider") ? table.get("provider")->as_string() : nullptr;
    if (table.contains("provider") && (*role != Role::kCalendar || provider == nullptr || provider->get().empty()))
      return refuse(name + ".provider is the id of the one whose calendar it is");
    if (*role == Role::kCalendar && sites->size() != 1) return refuse(name + ".sites must name the one site of the calendar");
    const Caller caller{name, *role, {sites->begin(), sites->end()}, provider == nullptr ? std::string() : provider->get()};
    for (const std::string& hex : *keys) {
      const auto hash = hash_of_hex(hex);
      if (!hash) return refuse(name + ".keys holds something that is no SHA-256 in lower-case hex");
      if (std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.hash == *hash; })) {
        return refuse("a key of " + name + " stands twice in the list");
      }
      entries.push_back({*hash, caller});
    }
  }
  return entries;
}

tl::expected<std::vector<ApiKeys::Entry>, std::string> ApiKeys::read(const std::string& path) {
  const auto text = runtime::read_text(path);
  if (!text) return tl::unexpected(text.error());
  auto entries = parse(*text);
  if (!entries) return tl::unexpected(path + ": " + entries.error());
  return entries;
}

tl::expected<void, std::string> ApiKeys::follow(const std::string& path) {
  list_ = path;
  list_seen_ = runtime::state_of_file(path);
  if (list_seen_ == "none") return {};
  auto entries = read(path);
  if (!entries) return tl::unexpected(std::move(entries.error()));
  listed_ = std::move(*entries);
  return {};
}

void ApiKeys::look(std::chrono::steady_clock::time_point now) {
  if (list_.empty() || now < look_at_) return;
  look_at_ = now + kLookEvery;
  const std::string seen = runtime::state_of_file(list_);
  if (seen == list_seen_) return;
  list_seen_ = seen;
  // Gone for good, or between two versions: whoever wants nobody in says so in a list.
  auto entries = read(list_);
  if (!entries) {
    runtime::log_event(runtime::Level::kError, "api_keys_not_read", {{"why", entries.error()}});
    return;
  }
  listed_ = std::move(*entries);
  runtime::log_event(runtime::Level::kInfo, "api_keys_read", {{"keys", listed_.size()}});
}

const Caller* ApiKeys::find(std::string_view key) const {
  const Hash given = hash(key);
  const Caller* found = nullptr;
  for (const auto* entries : {&added_, &listed_}) {
    for (const Entry& entry : *entries) {
      if (CRYPTO_memcmp(entry.hash.data(), given.data(), given.size()) == 0) found = &entry.caller;
    }
  }
  return found;
}

std::optional<std::string> ApiKeys::principal_of(std::string_view key) const {
  const Caller* caller = find(key);
  if (caller == nullptr) return std::nullopt;
  return caller->principal;
}

ApiKeys::Hash ApiKeys::hash(std::string_view key) {
  Hash digest{};
  unsigned length = 0;
  EVP_Digest(key.data(), key.size(), digest.data(), &length, EVP_sha256(), nullptr);
  return digest;
}

}  // namespace bridgework::gateway
