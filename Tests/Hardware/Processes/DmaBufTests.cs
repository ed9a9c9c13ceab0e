using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Tests.Hardware.Processes;

public class DmaBufTests
{
    private readonly List<string> _log = [];

    [Fact]
    public void A_buffer_that_is_taken_away_is_done_when_every_importer_has_let_go()
    {
        var buffer = new DmaBuf(1, 0x4000_0000, 0x4000);
        var (slow, fast) = (new Importer(), new Importer { LetsGo = true });
        Assert.Equal(0x4000_0000UL, buffer.Attach(slow).Value);
        Assert.Equal(Errno.None, buffer.Attach(fast).Errno);
        buffer.Revoke(true, () => _log.Add("done"));
        Assert.Empty(_log);
        Assert.Equal(Errno.ENODEV, buffer.Attach(new Importer()).Errno);
        slow.Waiting!();
        Assert.Equal(["done"], _log);
    }

    [Fact]
    public void A_buffer_that_is_given_back_can_be_imported_again_and_whoever_had_it_is_told_so_too()
    {
        var buffer = new DmaBuf(1, 0x4000_0000, 0x4000);
        var gone = new Importer { LetsGo = true };
        buffer.Attach(gone);
        buffer.Detach(gone);
        buffer.Revoke(true, () => _log.Add("done"));
        buffer.Revoke(false, () => _log.Add("done"));
        Assert.Equal((Errno.None, false, 0), (buffer.Attach(new Importer()).Errno, buffer.Revoked, gone.Told));
        Assert.Equal(["done", "done"], _log);
    }

    [Fact]
    public void Its_memory_is_released_when_nobody_holds_it_any_more()
    {
        var buffer = new DmaBuf(1, 0x4000_0000, 0x4000, () => _log.Add("released"));
        var files = new FileTable();
        var descriptor = files.Install(buffer).Value;
        Assert.True(buffer.TryHold());
        files.Close(descriptor);
        Assert.Empty(_log);
        buffer.LetGo();
        Assert.Equal(["released"], _log);
        Assert.False(buffer.TryHold());
    }

    private sealed class Importer : IDmaBufImporter
    {
        public bool LetsGo { get; init; }

        public int Told { get; private set; }

        public Action? Waiting { get; private set; }

        public void TakenAway(Action done)
        {
            Told++;
            Waiting = done;
            if (LetsGo) done();
        }
    }
}
