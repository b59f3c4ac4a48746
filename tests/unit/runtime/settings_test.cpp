#include "runtime/settings.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridgework::runtime {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct WaitingConfig {
  std::string greeting = "hello";
  std::chrono::minutes wait_limit{15};
  std::uint16_t chairs_max = 4;
  double share = 0.5;

  template <class Visit>
  void settings(Visit&& visit) {
    visit("greeting", greeting, "what is said at the door");
    visit("wait_limit", wait_limit, "longest wait that is not a defect");
    visit("chairs_max", chairs_max, "chairs of one site");
    visit("share", share, "part of the day kept free");
  }
};

struct ClashingConfig {
  std::string group;

  template <class Visit>
  void settings(Visit&& visit) {
    visit("group", group, "taken");
  }
};

struct Loaded {
  ProcessSettings process;
  WaitingConfig own;
  std::string error;
  std::string help;
};

Loaded load(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  Loaded loaded;
  auto applied =
      apply_settings({std::move(arguments), std::move(environment)}, "front_desk", settings_of(loaded.process), settings_of(loaded.own));
  if (applied) return loaded;
  if (const auto* help = std::get_if<HelpWanted>(&applied.error())) loaded.help = help->text;
  else loaded.error = std::get<std::string>(applied.error());
  return loaded;
}

class SettingsFile : public ::testing::Test {
 protected:
  std::string written(const std::string& text) {
    std::ofstream(path_) << text;
    return path_;
  }
  void TearDown() override { std::remove(path_.c_str()); }

 private:
  std::string path_ = ::testing::TempDir() + "settings_test_" + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml";
};

TEST(Settings, AreTheDefaultsWhenNobodySaysAnything) {
  const Loaded loaded = load({});
  EXPECT_EQ(loaded.error, "");
  EXPECT_EQ(loaded.process.group, "group");
  EXPECT_EQ(loaded.own.wait_limit, std::chrono::minutes(15));
}

// toml++ asserts what a file of two brackets and a dot makes untrue, and would end the process without a word about the file.
TEST_F(SettingsFile, ThatTheLibraryCannotBelieveIsRefusedByName) {
  const std::string path = written("[.]\n");
  const Loaded loaded = load({"--config", path});
  EXPECT_THAT(loaded.error, HasSubstr(path));
}

TEST_F(SettingsFile, WithALetterOutsideAsciiAndOutsideQuotesIsRefusedByNameAndLine) {
  const std::string path = written("[process]\ngroup = 'Zürich'\ninstance = größe\n");
  const Loaded loaded = load({"--config", path});
  EXPECT_THAT(loaded.error, AllOf(HasSubstr(path), HasSubstr("line 3: "), HasSubstr("stand in quotes")));
}

TEST_F(SettingsFile, ThatIsADirectoryOrNotThereIsRefusedByName) {
  for (const std::string& path : {::testing::TempDir(), std::string("/no/such/file.toml")})
    EXPECT_THAT(load({"--config", path}).error, HasSubstr(path));
}

TEST_F(SettingsFile, IsOverruledByTheEnvironmentAndThatByFlags) {
  const std::string path =
      written("[process]\ngroup = 'from_file'\nhttp_port = 1\ninstance = 'from_file'\n[front_desk]\nwait_limit = 20\n");
  const Loaded loaded = load({"--config", path, "--http-port", "3"},
                             {"BRIDGEWORK_HTTP_PORT=2", "BRIDGEWORK_INSTANCE=from_env", "BRIDGEWORK_FRONT_DESK_CHAIRS_MAX=9"});
  EXPECT_EQ(loaded.error, "");
  EXPECT_EQ(loaded.process.group, "from_file");
  EXPECT_EQ(loaded.process.instance, "from_env");
  EXPECT_EQ(loaded.process.http_port, 3);
  EXPECT_EQ(loaded.own.wait_limit, std::chrono::minutes(20));
  EXPECT_EQ(loaded.own.chairs_max, 9);
}

TEST_F(SettingsFile, IsFoundByTheEnvironment) {
  const Loaded loaded = load({}, {"BRIDGEWORK_CONFIG=" + written("[front_desk]\nshare = 1\n")});
  EXPECT_EQ(loaded.error, "");
  EXPECT_DOUBLE_EQ(loaded.own.share, 1.0);
}

TEST_F(SettingsFile, MayHoldTablesOfOtherServices) { EXPECT_EQ(load({"--config", written("[outreach]\nanything = true\n")}).error, ""); }

TEST_F(SettingsFile, RefusesAnUnknownKeyAndNamesTheNearest) {
  EXPECT_THAT(load({"--config", written("[front_desk]\nwait_limits = 20\n")}).error,
              AllOf(HasSubstr("unknown setting wait_limits"), HasSubstr("[front_desk] of"), HasSubstr("nearest is wait_limit")));
  EXPECT_THAT(load({"--config", written("[process]\ngruop = 'x'\n")}).error, AllOf(HasSubstr("[process]"), HasSubstr("nearest is group")));
}

TEST_F(SettingsFile, RefusesTheWrongType) {
  EXPECT_THAT(load({"--config", written("[front_desk]\nwait_limit = '20'\n")}).error,
              AllOf(HasSubstr("wait_limit"), HasSubstr("whole number of min")));
  EXPECT_THAT(load({"--config", written("[front_desk]\ngreeting = 3\n")}).error, HasSubstr("must be text in quotes"));
  EXPECT_THAT(load({"--config", written("front_desk = 3\n")}).error, HasSubstr("must be a table"));
}

TEST_F(SettingsFile, NamesTheLineThatIsNotToml) {
  EXPECT_THAT(load({"--config", written("[front_desk]\nshare = = 3\n")}).error, HasSubstr("line 2"));
}

TEST_F(SettingsFile, MustExistWhenItIsNamed) {
  EXPECT_THAT(load({"--config", "/no/such/file.toml"}).error, HasSubstr("/no/such/file.toml"));
}

TEST(SettingsEnvironment, RefusesAnUnknownVariableOfThisService) {
  EXPECT_THAT(
      load({}, {"BRIDGEWORK_FRONT_DESK_CHAIR_MAX=3"}).error,
      AllOf(HasSubstr("BRIDGEWORK_FRONT_DESK_CHAIR_MAX"), HasSubstr("the environment"), HasSubstr("BRIDGEWORK_FRONT_DESK_CHAIRS_MAX")));
}

TEST(SettingsEnvironment, LeavesOtherServicesAndScriptsAlone) {
  EXPECT_EQ(load({}, {"BRIDGEWORK_OUTREACH_LIMIT=3", "BRIDGEWORK_URL=http://x", "BRIDGEWORK_TEST_CLOCK=/x", "PATH=/bin"}).error, "");
}

TEST(SettingsEnvironment, PrefersTheVariableThatNamesTheService) {
  EXPECT_EQ(load({}, {"BRIDGEWORK_FRONT_DESK_HTTP_PORT=81", "BRIDGEWORK_HTTP_PORT=80"}).process.http_port, 81);
}

TEST(SettingsEnvironment, RefusesAValueOutOfRange) {
  EXPECT_THAT(load({}, {"BRIDGEWORK_FRONT_DESK_CHAIRS_MAX=65536"}).error, HasSubstr("from 0 to 65535"));
  EXPECT_THAT(load({}, {"BRIDGEWORK_FRONT_DESK_CHAIRS_MAX=4 "}).error, HasSubstr("must be a whole number"));
  EXPECT_THAT(load({}, {"BRIDGEWORK_FRONT_DESK_WAIT_LIMIT=-1"}).error, HasSubstr("from 0"));
  EXPECT_THAT(load({}, {"BRIDGEWORK_FRONT_DESK_SHARE=nan"}).error, HasSubstr("must be a number"));
}

TEST(SettingsFlags, RefuseAnUnknownFlagAndNameTheNearest) {
  EXPECT_THAT(load({"--chair-max", "3"}).error, AllOf(HasSubstr("--chair-max"), HasSubstr("the flags"), HasSubstr("--chairs-max")));
  EXPECT_THAT(load({"--chair-max=3"}).error, HasSubstr("unknown setting --chair-max in the flags"));
}

TEST(SettingsFlags, RefuseAFlagWithoutItsValue) { EXPECT_THAT(load({"--chairs-max"}).error, HasSubstr("--chairs-max")); }

TEST(SettingsFlags, TakeTheLastOfTwo) { EXPECT_EQ(load({"--chairs-max", "3", "--chairs-max", "5"}).own.chairs_max, 5); }

TEST(SettingsHelp, ListsEverySettingWithItsDefaultAndUnit) {
  EXPECT_THAT(load({"--help"}).help, AllOf(HasSubstr("--wait-limit"), HasSubstr("default 15 min"), HasSubstr("BRIDGEWORK_FRONT_DESK_SHARE"),
                                           HasSubstr("BRIDGEWORK_REDIS_SOCKET"), HasSubstr("longest wait that is not a defect")));
}

TEST(Settings, RefuseToStartWhenAServiceTakesTheNameOfAProcessSetting) {
  ProcessSettings process;
  ClashingConfig clash;
  const auto applied = apply_settings({}, "front_desk", settings_of(process), settings_of(clash));
  ASSERT_FALSE(applied);
  EXPECT_THAT(std::get<std::string>(applied.error()), HasSubstr("group is declared twice"));
}

}  // namespace
}  // namespace bridgework::runtime
