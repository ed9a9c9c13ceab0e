using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>Collects commands of one batch and closes it with COMPLETION_WAIT.</summary>
internal sealed class CommandWriter(ICommandQueue queue)
{
    private readonly List<ulong> _words = [];

    public bool IsEmpty => _words.Count == 0;

    public CommandWriter Add(Command command)
    {
        _words.Add(command.Word0);
        _words.Add(command.Word1);
        return this;
    }

    public CommandBatch Close()
    {
        Add(Command.Wait());
        return new CommandBatch(queue, _words.ToArray());
    }
}
