using Iommu.Actors;
using Iommu.Actors.Uapi;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Uapi;

/// <summary>An open /dev/iommu among the files of processes.</summary>
public class IommufdFileTests
{
    [Fact]
    public async Task The_last_close_of_a_descriptor_closes_the_context()
    {
        await using var mock = new MockHarness();
        var file = await IommufdFile.OpenAsync(mock.Simulator, DeviceNode.Iommu, "test", mock.Process);
        var first = mock.Process.Files.Install(file).Value;
        var second = ((FileTable)mock.Process.Files).Duplicate(first).Value;
        Assert.Equal(Errno.None, mock.Process.Files.Close(first));
        Assert.False(file.Ended.IsCompleted);
        Assert.Equal(Errno.None, (await file.Context.CallAsync(new IoasAlloc())).Errno);
        Assert.Equal(Errno.None, mock.Process.Files.Close(second));
        Assert.Equal(new Answer(Errno.None), await file.Ended);
        // The name is free again.
        await IommufdFile.OpenAsync(mock.Simulator, DeviceNode.Iommu, "test", mock.Process);
    }

    [Fact]
    public async Task Another_process_that_has_the_file_keeps_it_open_and_calls_with_its_own_memory()
    {
        await using var mock = new MockHarness();
        var file = await IommufdFile.OpenAsync(mock.Simulator, DeviceNode.Iommu, "test", mock.Process);
        var mine = mock.Process.Files.Install(file).Value;
        var memory = mock.Hardware.CreateAddressSpace();
        var child = new UserProcess(memory);
        var theirs = child.Files.Install(file.Hold()).Value;
        mock.Process.Files.Close(mine);

        var structure = memory.Allocate(4096).Value;
        memory.Write(structure, UapiCaller.Bytes(new IommuIoasAlloc { Size = 12 }));
        Assert.Equal(0, await file.IoctlAsync(child, (uint)Ioctl.IoasAlloc, structure));
        Assert.False(file.Ended.IsCompleted);
        child.Files.Close(theirs);
        Assert.Equal(new Answer(Errno.None), await file.Ended);
    }

    [Fact]
    public async Task A_close_waits_for_the_calls_that_are_under_way()
    {
        await using var mock = new MockHarness();
        for (var round = 0; round < 20; round++)
        {
            var file = await IommufdFile.OpenAsync(mock.Simulator, DeviceNode.Iommu, "test", mock.Process);
            var structure = mock.Allocate();
            mock.Memory.Write(structure, UapiCaller.Bytes(new IommuIoasAlloc { Size = 12 }));
            var calls = Enumerable.Range(0, 8).Select(_ => file.IoctlAsync(mock.Process, (uint)Ioctl.IoasAlloc, structure)).ToList();
            file.Closed();
            Assert.All(await Task.WhenAll(calls), result => Assert.Equal(0, result));
            Assert.Equal(new Answer(Errno.None), await file.Ended);
        }
    }

    [Theory]
    [InlineData(DeviceNode.Iommu, 0)]
    [InlineData(DeviceNode.Vfio, 1)]
    public async Task A_file_opened_as_VFIOs_charges_pins_to_the_process(DeviceNode node, ulong expected)
    {
        await using var mock = new MockHarness();
        var confined = new UserProcess(mock.Memory) { Capabilities = ProcessCapabilities.None };
        var file = await IommufdFile.OpenAsync(mock.Simulator, node, "test", confined);
        var mode = await file.Context.CallAsync(new Option(OptionId.RlimitMode, OptionOp.Get));
        Assert.Equal(new Answer(Errno.None, expected), mode);
    }

    [Fact]
    public async Task A_machine_with_the_mock_takes_test_commands()
    {
        await using var mock = new MockHarness();
        var file = await IommufdFile.OpenAsync(mock.Simulator, DeviceNode.Iommu, "test", mock.Process);
        var structure = mock.Allocate();
        mock.Memory.Write(structure, UapiCaller.Bytes(new IommuTestCmd { Size = 72, Op = TestOp.SetTempMemoryLimit, Word = 65536 }));
        Assert.Equal(0, await file.IoctlAsync(mock.Process, (uint)Ioctl.TestCmd, structure));
    }
}
