using Iommu.Bridge.Memory;
using Iommu.Bridge.Processes;
using Iommu.Hardware.Processes;

namespace Iommu.Tests.Bridge.Processes;

public class ClientFilesTests
{
    private readonly ClientFiles _files = new(Environment.ProcessId, new FileLinks(), new PageFrames(), _ => null);

    [Fact]
    public void What_a_program_was_to_be_given_is_closed_when_it_ends()
    {
        var file = new CountedFile();
        _files.Install(file);
        Assert.Equal((0, 1), (file.Closes, _files.Count));
        _files.Dispose();
        Assert.Equal((1, 0), (file.Closes, _files.Count));
    }

    /// <summary>A killed program's queue was filled in after the program's end, and held its context open for ever.</summary>
    [Fact]
    public void What_comes_after_its_end_is_closed_at_once()
    {
        var reserved = _files.Reserve().Value;
        _files.Dispose();
        var (filled, installed) = (new CountedFile(), new CountedFile());
        _files.Fill(reserved, filled);
        _files.Install(installed);
        Assert.Equal((1, 1, 0), (filled.Closes, installed.Closes, _files.Count));
    }

    private sealed class CountedFile : IOpenFile
    {
        public int Closes { get; private set; }

        public void Closed() => Closes++;
    }
}
