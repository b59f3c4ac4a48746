#include "gateway/imports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "gateway/ids.hpp"
#include "gateway/json_mapper.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/catalogue.hpp"
#include "messages/lead_intake.codec.hpp"
#include "runtime/lane.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

/// How one kind of import becomes commands.
struct Import {
  std::string_view command;
  std::string_view row;
  const char* rows;  ///< the command's list
  const char* key;   ///< the command's key field
};
constexpr Import kPersons{"ImportPersons", "ImportedPerson", "persons", "key"};
constexpr Import kVisits{"ImportVisits", "ImportedVisit", "visits", "site"};
constexpr Import kLeads{"ImportLeads", "ImportedLead", "leads", "key"};

const Import& import_of(ImportKind kind) {
  switch (kind) {
    case ImportKind::kPersons: return kPersons;
    case ImportKind::kVisits: return kVisits;
    case ImportKind::kLeads: return kLeads;
  }
  return kPersons;
}

Problem bad_row(std::size_t row, MappingError error) {
  error.path = fmt::format("/rows/{}{}", row, error.path);
  return {.status = 422, .code = error.code, .detail = error.path + " " + error.rule, .path = error.path, .rule = error.rule};
}

Problem bad_request(std::string path, std::string code, std::string rule) {
  return {.status = 422, .code = std::move(code), .detail = path + " " + rule, .path = path, .rule = rule};
}

struct Group {
  std::string key;
  json::array values;
  std::vector<std::size_t> rows;
};

/// The rows by group, in an order that depends on the rows alone.
std::variant<std::map<std::string, Group>, Problem> group_rows(ImportKind kind, const Import& import, const json::array& rows,
                                                               const Forms& forms) {
  const StructForm& row_form = *forms.find(import.row);
  std::map<std::string, Group> groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const json::object* given = rows[i].if_object();
    if (given == nullptr) return bad_row(i, {{}, "wrong_type", "must be an object"});
    json::object row = *given;
    std::string group_name;
    std::string key;
    if (kind == ImportKind::kVisits) {
      const json::value* site = row.if_contains("site");
      if (site == nullptr || !site->is_string() || site->get_string().empty()) return bad_row(i, {"/site", "required", "must be given"});
      key.assign(site->get_string().data(), site->get_string().size());
      group_name = key;
      row.erase("site");
    }
    // Checked by itself first, so that a refusal names the row of the request and not one of a command nobody wrote.
    if (auto checked = to_message(row_form, row); !checked) return bad_row(i, std::move(checked.error()));
    if (kind != ImportKind::kVisits) {
      const json::string& person = row.at("person").as_string();
      key.assign(person.data(), person.size());
      group_name = fmt::format("{:02}", runtime::lane_of(key));
    }
    Group& group = groups[group_name];
    if (group.key.empty()) group.key = key;
    group.values.push_back(std::move(row));
    group.rows.push_back(i);
  }
  return groups;
}

}  // namespace

std::variant<std::vector<ImportPart>, Problem> split_import(ImportKind kind, const json::object& request, const Forms& forms,
                                                            std::string_view principal, std::string_view idempotency_key) {
  const Import& import = import_of(kind);
  for (const auto& member : request) {
    if (member.key() != "rows")
      return bad_request("/" + std::string(member.key().data(), member.key().size()), "unknown_field", "is no field of an import");
  }
  const json::value* given = request.if_contains("rows");
  if (given == nullptr) return bad_request("/rows", "required", "must be given");
  if (!given->is_array()) return bad_request("/rows", "wrong_type", "must be an array");
  if (given->get_array().size() > kImportRowsMax)
    return bad_request("/rows", "too_many", fmt::format("must have at most {} items", kImportRowsMax));
  auto grouped = group_rows(kind, import, given->get_array(), forms);
  if (auto* problem = std::get_if<Problem>(&grouped)) return std::move(*problem);

  const StructForm& form = *forms.find(import.command);
  const std::size_t rows_max = form.find(import.rows)->items_max;
  const messages::MessageInfo* info = messages::find_message(import.command);
  std::vector<ImportPart> parts;
  for (auto& [name, group] : std::get<0>(grouped)) {
    for (std::size_t from = 0; from < group.rows.size(); from += rows_max) {
      const std::size_t until = std::min(from + rows_max, group.rows.size());
      json::object command;
      command[import.key] = json::string(group.key.data(), group.key.size());
      command[import.rows] =
          json::array(group.values.begin() + static_cast<std::ptrdiff_t>(from), group.values.begin() + static_cast<std::ptrdiff_t>(until));
      auto body = to_message(form, command);
      if (!body) return bad_row(group.rows[from], std::move(body.error()));
      const std::string part_name = fmt::format("{}:{}:{}", name, from, idempotency_key);
      parts.push_back({std::string(info->owner),
                       info->type_id,
                       group.key,
                       "import-" + id_suffix(principal, import.command, part_name),
                       std::move(*body),
                       {group.rows.begin() + static_cast<std::ptrdiff_t>(from), group.rows.begin() + static_cast<std::ptrdiff_t>(until)}});
    }
  }
  return parts;
}

std::variant<std::string, Problem> sum_import(const std::vector<ImportPart>& parts, const std::vector<messages::Reply>& replies) {
  std::uint64_t imported = 0;
  std::uint64_t already_known = 0;
  std::uint64_t overlapping = 0;
  std::optional<Problem> problem;
  std::string failed;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const messages::Reply& reply = replies[i];
    if (reply.outcome == messages::Outcome::kDone) {
      if (reply.type_id == messages::ImportDone::kTypeId) {
        if (const auto done = messages::decode_as<messages::ImportDone>(reply.body)) {
          imported += done->imported;
          already_known += done->already_known;
        }
      } else if (reply.type_id == messages::VisitsImported::kTypeId) {
        if (const auto done = messages::decode_as<messages::VisitsImported>(reply.body)) {
          imported += done->imported;
          already_known += done->already_known;
          overlapping += done->overlapping;
        }
      }
      continue;
    }
    Problem one = problem_of_reply(reply);
    failed += fmt::format("{}{{\"code\":\"{}\",\"rows\":[{}]}}", failed.empty() ? "" : ",", one.code, fmt::join(parts[i].rows, ","));
    // What cannot be cured by repeating is the more important thing to say.
    if (!problem || (problem->status >= 500 && one.status < 500)) problem = std::move(one);
  }
  if (!problem) return fmt::format(R"({{"imported":{},"already_known":{},"overlapping":{}}})", imported, already_known, overlapping);
  problem->detail = "some rows were not imported, see `failed`; the others were, and the same request may be sent again";
  problem->more = ",\"failed\":[" + failed + "]";
  return std::move(*problem);
}

Problem problem_of_reply(const messages::Reply& reply) {
  const auto code_or = [&](std::string_view otherwise) { return reply.code.empty() ? std::string(otherwise) : reply.code; };
  const auto detail_or = [&](std::string_view otherwise) { return reply.detail.empty() ? std::string(otherwise) : reply.detail; };
  const std::chrono::milliseconds again{reply.retry_after_ms == 0 ? 1000 : reply.retry_after_ms};
  switch (reply.outcome) {
    case messages::Outcome::kRefused:
      return {reply.code.starts_with("unknown_") ? 404U : 409U, code_or("refused"), detail_or("the rules of the practice do not allow it")};
    case messages::Outcome::kMalformed: return {422, code_or("malformed"), detail_or("the request breaks the schema")};
    case messages::Outcome::kOverloaded:
      return {
          .status = 503, .code = code_or("overloaded"), .detail = detail_or("too much is waiting; nothing was done"), .retry_after = again};
    case messages::Outcome::kExpired:
      return {504, code_or("expired"), detail_or("there was no answer in time; send it again with the same Idempotency-Key")};
    case messages::Outcome::kKeyReused: return {422, "idempotency_key_reused", "this Idempotency-Key was used with another request"};
    case messages::Outcome::kNotOwner:
    case messages::Outcome::kUnavailable:
      return {.status = 503,
              .code = code_or("unavailable"),
              .detail = detail_or("the store is away; send it again with the same Idempotency-Key"),
              .retry_after = again};
    case messages::Outcome::kInternal: return {500, code_or("internal"), detail_or("a defect in the service; it has been counted")};
    case messages::Outcome::kDone: break;
  }
  return {500, "internal", "a reply that is done is no problem"};
}

}  // namespace bridgework::gateway
