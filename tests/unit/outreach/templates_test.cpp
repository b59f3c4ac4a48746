// The words: allowed placeholders, languages, segments.

#include <gtest/gtest.h>

#include <set>

#include "outreach/templates.hpp"
#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

Words full_words() {
  return {"João",
          "Consultório Dentário São João da Boa Hora — Praça Velha",
          "30 Sept.",
          "09:00",
          "+351211234567",
          "https://care.example/s/p-1.s-1.0123456789abcdef0123456789abcdef",
          "https://care.example/c/p-1.m-1.ab"};
}

TEST(Templates, AreThereForEveryProgrammeLanguageAndChannel) {
  for (const std::string_view name : {kAcknowledgement, kReminder, kBookedOnline, kFollowUp, kSurvey, kShortNotice,
                                      std::string_view("short_notice_booked"), std::string_view("short_notice_gone")}) {
    for (const auto language : {"en", "de", "es", "pt"}) {
      for (const Channel channel : {Channel::kEmail, Channel::kSms}) {
        const Template& found = find_template(name, name, language, "en", channel);
        EXPECT_EQ(found.name, name);
        EXPECT_EQ(found.language, language);
        EXPECT_EQ(found.channel, channel);
      }
    }
  }
}

TEST(Templates, AreNamedOnce) {
  std::set<std::tuple<std::string_view, unsigned, std::string_view, Channel>> seen;
  for (const Template& t : all_templates()) {
    EXPECT_TRUE(seen.insert({t.name, t.version, t.language, t.channel}).second) << t.name << t.language;
    EXPECT_TRUE(is_acceptable(t));
  }
}

TEST(Templates, MayNotSayWhatOthersMustNotRead) {
  for (const Channel channel : {Channel::kEmail, Channel::kSms}) {
    for (const auto word : {"procedure", "diagnosis", "tooth", "balance", "provider", "family_name", "birth_day"}) {
      const std::string body = "{practice}: about your {" + std::string(word) + "}. STOP";
      EXPECT_FALSE(is_acceptable({"x", 1, "en", channel, "", body})) << word;
    }
  }
  EXPECT_FALSE(is_acceptable({"x", 1, "en", Channel::kSms, "", "{first_name}, STOP"})) << "no name in an SMS";
  EXPECT_FALSE(is_acceptable({"x", 1, "en", Channel::kSms, "", "{practice}: see you"})) << "says how to opt out";
  EXPECT_FALSE(is_acceptable({"x", 1, "en", Channel::kSms, "", "{practice STOP"})) << "an open brace";
  EXPECT_FALSE(is_acceptable({"x", 1, "en", Channel::kLetter, "", "{practice}"}));
  EXPECT_TRUE(allowed_placeholders(Channel::kPhone).empty());
}

TEST(Templates, FallBackToTheProgrammeTheDefaultLanguageAndEnglish) {
  EXPECT_EQ(find_template("follow_up_treatment_2", kFollowUp, "de-CH", "en", Channel::kSms).language, "de");
  EXPECT_EQ(find_template("follow_up_treatment_2", kFollowUp, "de-CH", "en", Channel::kSms).name, kFollowUp);
  EXPECT_EQ(find_template(kReminder, kReminder, "fr", "pt", Channel::kEmail).language, "pt");
  EXPECT_EQ(find_template(kReminder, kReminder, "fr", "xx", Channel::kEmail).language, "en");
  EXPECT_EQ(find_template(kReminder, kReminder, "ES", "en", Channel::kEmail).language, "es");
  EXPECT_EQ(find_template("never heard of", "nor of this", "fr", "xx", Channel::kEmail).name, kFollowUp);
}

TEST(Templates, LeaveNoPlaceholderAndNoBracketBehind) {
  for (const Template& t : all_templates()) {
    for (const Words& words : {full_words(), Words{}}) {
      const Rendered rendered = render(t, words);
      EXPECT_EQ((rendered.subject_line + rendered.body).find_first_of("{}[]"), std::string::npos) << rendered.body;
    }
  }
}

TEST(Templates, LeaveOutWhatIsNotKnown) {
  const Template& mail = find_template(kAcknowledgement, kAcknowledgement, "en", "en", Channel::kEmail);
  EXPECT_TRUE(render(mail, {}).body.starts_with("Hello,\n"));
  EXPECT_EQ(render(mail, {}).body.find("call us"), std::string::npos);
  Words words;
  words.first_name = "Ana";
  EXPECT_TRUE(render(mail, words).body.starts_with("Hello Ana,\n"));
}

TEST(Templates, TakeWordsAsTheyAreAndNeverAsTemplates) {
  Words words;
  words.first_name = "{phone}";
  words.phone = "+1";
  EXPECT_TRUE(
      render(find_template(kAcknowledgement, kAcknowledgement, "en", "en", Channel::kEmail), words).body.starts_with("Hello {phone},"));
}

TEST(Templates, OfSmsRemindersFitOneSegmentInEveryLanguage) {
  for (const auto language : {"en", "de", "es", "pt"}) {
    for (const auto name : {kReminder, kBookedOnline, kAcknowledgement, kFollowUp}) {
      const std::string body = render(find_template(name, name, language, "en", Channel::kSms), full_words()).body;
      EXPECT_EQ(sms_segments(body), 1u) << body;
      EXPECT_NE(body.find("STOP"), std::string::npos);
    }
  }
}

TEST(Templates, OfSmsRemindersFitOneSegmentWithAsManyTimesAsOneMessageTells) {
  Words words = full_words();
  words.time = "09:00, 10:30, 12:00, 15:30";
  for (const auto language : {"en", "de", "es", "pt"}) {
    for (const auto name : {kReminder, kHouseholdReminder}) {
      const std::string body = render(find_template(name, kReminder, language, "en", Channel::kSms), words).body;
      EXPECT_EQ(sms_segments(body), 1u) << body;
      EXPECT_NE(body.find(words.time), std::string::npos) << body;
    }
  }
}

TEST(Templates, OfSmsKeepTheStartOfALongPracticeName) {
  Words words = full_words();
  words.practice = std::string(256, 'x');
  const std::string body = render(find_template(kReminder, kReminder, "en", "en", Channel::kSms), words).body;
  EXPECT_EQ(sms_segments(body), 1u) << body;
  EXPECT_TRUE(body.starts_with("xxxxxxxxxxxx"));
}

TEST(Templates, OfSmsFoldWhatGsmLacks) {
  Words words;
  words.practice = "Clínica João “Łódź” 🦷 Ω é";
  const std::string body = render(find_template(kSurvey, kSurvey, "en", "en", Channel::kSms), words).body;
  EXPECT_TRUE(body.starts_with("Clinica Joao \"Lodz\"  Ω é:")) << body;
}

TEST(TemplateDates, AreWrittenAsPeopleWriteThem) {
  EXPECT_EQ(date_words(local(2026, 3, 8, 9), "en"), "8 Mar");
  EXPECT_EQ(date_words(local(2026, 3, 8, 9), "de-AT"), "8. März");
  EXPECT_EQ(date_words(local(2026, 12, 24, 9), "es"), "24 dic");
  EXPECT_EQ(date_words(local(2026, 5, 1, 9), "pt"), "1 mai");
  EXPECT_EQ(time_words(local(2026, 3, 8, 9, 5)), "09:05");
  EXPECT_EQ(time_words(local(1969, 12, 31, 23, 59)), "23:59");
}

// ---- segments

TEST(SmsSegments, CountSeptets) {
  EXPECT_EQ(sms_segments(""), 0u);
  EXPECT_EQ(sms_segments(std::string(160, 'a')), 1u);
  EXPECT_EQ(sms_segments(std::string(161, 'a')), 2u);
  EXPECT_EQ(sms_segments(std::string(306, 'a')), 2u);
  EXPECT_EQ(sms_segments(std::string(307, 'a')), 3u);
}

TEST(SmsSegments, CountExtendedCharactersTwice) {
  EXPECT_EQ(sms_segments(std::string(158, 'a') + "["), 1u);
  EXPECT_EQ(sms_segments(std::string(159, 'a') + "["), 2u);
  EXPECT_EQ(sms_segments(std::string(158, 'a') + "€"), 1u);
  EXPECT_EQ(sms_segments(std::string(159, 'a') + "€"), 2u);
}

TEST(SmsSegments, ShrinkToSeventyWithOneCharacterOutsideGsm) {
  EXPECT_EQ(sms_segments(std::string(69, 'a') + "’"), 1u);
  EXPECT_EQ(sms_segments(std::string(70, 'a') + "’"), 2u);
  EXPECT_EQ(sms_segments(std::string(133, 'a') + "ç"), 2u);
  EXPECT_EQ(sms_segments(std::string(134, 'a') + "ç"), 3u);
}

TEST(SmsSegments, CountEmojiAsTwoUnits) {
  EXPECT_EQ(sms_segments(std::string(68, 'a') + "🦷"), 1u);
  EXPECT_EQ(sms_segments(std::string(69, 'a') + "🦷"), 2u);
}

TEST(SmsSegments, TakeGsmLettersAsOne) { EXPECT_EQ(sms_segments("àèéùìòÇØøÅåÆæßÉÄÖÑÜäöñü¿¡§£¥¤ΔΦΓΛΩΠΨΣΘΞ" + std::string(117, 'a')), 1u); }

TEST(SmsSegments, SurviveBytesThatAreNoText) { EXPECT_EQ(sms_segments("\xFF\xC3"), 1u); }

}  // namespace
}  // namespace bridgework::outreach
