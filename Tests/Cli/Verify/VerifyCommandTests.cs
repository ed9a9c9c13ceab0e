using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Iommu.Tests.Cli.Verify;

/// <summary>A capture of one stream in bypass: small, and every row of it can be told in advance.</summary>
public sealed class VerifyCommandTests : IDisposable
{
    private const string Header = "sid,ssid,iova,access,result,pa,perm,event,source\n";
    private const string Right = "8,,1000,r,bypass,1000,3,,probe\n";

    private static readonly string[] Registers =
    [
        "IDR0", "IDR1", "IDR3", "IDR5", "IIDR", "AIDR", "CR0", "CR2", "GBPA", "STRTAB_BASE", "STRTAB_BASE_CFG", "CMDQ_BASE",
        "CMDQ_PROD", "CMDQ_CONS", "EVENTQ_BASE", "EVENTQ_PROD", "EVENTQ_CONS", "GERROR", "GERRORN",
    ];

    private readonly TempFolder _folder = new();

    private string Prefix => _folder["tiny"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rows_that_match_end_with_exit_0_and_counts()
    {
        Write(Header + Right + Right);

        var run = await CommandRun.OfAsync("verify", Prefix, "--json", _folder["verify.json"]);

        Assert.Equal((0, ""), (run.Exit, run.Error));
        Assert.Contains("every row matches", run.Output);
        using var json = JsonDocument.Parse(File.ReadAllText(_folder["verify.json"]));
        Assert.Equal(["snapshots", "rows_total", "mismatched_total"], json.RootElement.EnumerateObject().Select(field => field.Name));
        var snapshot = json.RootElement.GetProperty("snapshots")[0];
        Assert.Equal(["name", "rows", "matched", "none", "mismatched"], snapshot.EnumerateObject().Select(field => field.Name));
        Assert.Equal("tiny.0", snapshot.GetProperty("name").GetString());
        Assert.Equal(2, snapshot.GetProperty("matched").GetInt32());
        Assert.Equal(2, json.RootElement.GetProperty("rows_total").GetInt32());
    }

    [Fact]
    public async Task A_planted_mismatch_is_found_explained_and_ends_with_exit_1()
    {
        Write(Header + Right + "8,,2000,r,bypass,2001,3,,probe\n");

        var run = await CommandRun.OfAsync("verify", Prefix, "--json", _folder["verify.json"]);

        Assert.Equal(1, run.Exit);
        Assert.Contains("MISMATCH: 1 of 2 rows", run.Output);
        Assert.Contains("row 3 (sid 0x8 iova 0x2000 Read): expected Bypass 0x2001", run.Output);
        Assert.Contains("\"mismatched_total\": 1", File.ReadAllText(_folder["verify.json"]));
    }

    [Fact]
    public async Task A_missing_capture_is_refused() =>
        (await CommandRun.OfAsync("verify", _folder["other"])).AssertRefused("other.0.registers.json");

    [Fact]
    public async Task A_missing_file_of_a_capture_is_refused()
    {
        Write(Header + Right);
        File.Delete(Prefix + ".0.translations.csv.gz");

        (await CommandRun.OfAsync("verify", Prefix)).AssertRefused("tiny.0.translations.csv.gz");
    }

    [Theory]
    [InlineData(".0.translations.csv.gz", "no gzip at all", "gzip")]
    [InlineData(".0.registers.json", "{\"registers\":", "tiny.0.registers.json")]
    [InlineData(".0.registers.json", "", "tiny.0.registers.json")]
    public async Task A_damaged_file_is_refused_by_name(string file, string content, string says)
    {
        Write(Header + Right);
        File.WriteAllText(Prefix + file, content);

        (await CommandRun.OfAsync("verify", Prefix)).AssertRefused(says);
    }

    [Fact]
    public async Task A_damaged_row_is_refused_by_its_number()
    {
        Write(Header + Right + "8,,zz,r,bypass,2000,3,,probe\n");

        (await CommandRun.OfAsync("verify", Prefix)).AssertRefused("tiny.0.translations.csv.gz, row 3", "iova must be hexadecimal");
    }

    private void Write(string translations)
    {
        // SMMUEN = 0 and GBPA without ABORT: everything is bypassed.
        var registers = string.Join(',', Registers.Select(name => $"\"{name}\":\"0x0\""));
        File.WriteAllText(Prefix + ".0.registers.json",
            $$"""
            {"registers":{{{registers}}},"commandsConsumed":0,"eventsRecorded":0,"ramBase":"0x40000000","ramBytes":4096,"streams":[]}
            """);
        Gzip(".0.pages.gz", []);
        Gzip(".commands.bin.gz", []);
        Gzip(".events.bin.gz", []);
        Gzip(".0.translations.csv.gz", Encoding.ASCII.GetBytes(translations));
    }

    private void Gzip(string file, byte[] content)
    {
        using var stream = new GZipStream(File.Create(Prefix + file), CompressionLevel.Fastest);
        stream.Write(content);
    }
}
