#include "gateway/scope.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

/// The sites a request is about: those it names, and those of visits it names. A person belongs to the group, not to a site.
void collect_sites(const StructForm& form, const json::object& object, std::vector<std::string>& sites) {
  for (const FieldForm& field : form.fields) {
    const json::value* value = object.if_contains(field.name);
    const auto collect = [&](const json::value& one) {
      if (field.shape == Shape::kStruct && one.is_object()) collect_sites(*field.nested, one.get_object(), sites);
      if (field.shape != Shape::kId || !one.is_string()) return;
      const std::string text(one.get_string());
      if (field.id_type == "SiteId" && !text.empty()) sites.push_back(text);
      static constexpr std::array kOfASite{"AppointmentId", "GroupId", "OpeningId", "OfferId"};
      if (std::ranges::find(kOfASite, field.id_type) != kOfASite.end()) sites.push_back(text.substr(0, text.find('.')));
    };
    if (value == nullptr) continue;
    if (const json::array* items = value->if_array()) {
      for (const json::value& item : *items) collect(item);
    } else {
      collect(*value);
    }
  }
}

}  // namespace

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string().data(), value->get_string().size());
}

void collect_ids(const StructForm& form, const json::object& object, std::vector<std::pair<std::string, std::string>>& ids) {
  for (const FieldForm& field : form.fields) {
    const json::value* value = object.if_contains(field.name);
    if (value == nullptr) continue;
    const auto collect = [&](const json::value& one) {
      if (field.shape == Shape::kStruct && one.is_object()) collect_ids(*field.nested, one.get_object(), ids);
      if (field.shape == Shape::kId && one.is_string()) ids.emplace_back(field.name, std::string(one.get_string()));
    };
    if (const json::array* items = value->if_array()) {
      for (const json::value& item : *items) collect(item);
    } else {
      collect(*value);
    }
  }
}

std::optional<Problem> out_of_scope(const Caller& caller, const messages::MessageInfo& message, const StructForm& form,
                                    const json::object& object) {
  if (caller.sites.empty()) return std::nullopt;
  const bool is_query = message.kind == messages::MessageKind::kQuery;
  for (const FieldForm& field : form.fields) {
    if (field.shape != Shape::kId || field.id_type != "SiteId") continue;
    // A command's list of sites may stay empty.
    if (field.is_list ? is_query && !object.contains(field.name) : text_of(object, field.name).empty()) {
      return Problem{403, "site_required", "this key is for certain sites: say which one, as " + field.name};
    }
  }
  std::vector<std::string> sites;
  collect_sites(form, object, sites);
  for (const std::string& site : sites) {
    if (!caller.sites.contains(site)) return Problem{403, "other_site", "this key is not for that site"};
  }
  return std::nullopt;
}

}  // namespace bridgework::gateway
