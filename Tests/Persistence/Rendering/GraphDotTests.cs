using Iommu.Messages;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Mappings;
using Iommu.Persistence.Rendering;

namespace Iommu.Tests.Persistence.Rendering;

public class GraphDotTests
{
    [Fact]
    public void A_context_is_a_cluster_with_an_edge_for_every_reference()
    {
        var output = new StringWriter { NewLine = "\n" };

        GraphDot.Write(output, [SampleContext.State()]);

        Assert.Equal(
            """
            digraph iommu {
              rankdir=RL;
              node [shape=box, fontname="monospace", fontsize=10];
              subgraph cluster_0 {
                label="context guest: open, 7 objects, 10 events";
                c0_1 [label="device 1\n0000:00:05.0\nattached to 5\nusers 3"];
                c0_2 [label="ioas 2\n2 areas, 32772 KiB\nusers 2"];
                c0_3 [label="hwpt-paging 3\nnest parent\nfor 0000:00:05.0\nusers 2"];
                c0_4 [label="viommu 4\nsmmuv3\non 0000:00:05.0\nusers 3"];
                c0_5 [label="hwpt-nested 5\nsmmuv3\nste 0xd 0x2\nusers 2"];
                c0_6 [label="vdevice 6\ndevice 1\nvirtual id 0x10\nusers 1"];
                c0_7 [label="device 7\na \"quoted\" <name>\nnot attached\nusers 2"];
                c0_1 -> c0_5 [style=dashed, label=attached];
                c0_3 -> c0_2;
                c0_4 -> c0_3;
                c0_5 -> c0_4;
                c0_6 -> c0_4;
                c0_6 -> c0_1;
              }
            }

            """, output.ToString());
    }

    [Fact]
    public void An_attachment_of_a_pasid_says_so()
    {
        var graph = new ObjectGraph();
        foreach (var happened in SampleContext.WithPasids) graph.Apply(happened);
        var output = new StringWriter { NewLine = "\n" };

        GraphDot.Write(output, [new ContextState("guest", true, 6, graph, new Dictionary<ObjectId, AreaTable>())]);

        Assert.Contains("c0_1 -> c0_3 [style=dashed, label=\"pasid 5\"];", output.ToString());
        Assert.Contains("c0_1 -> c0_4 [style=dashed, label=\"pasid 9\"];", output.ToString());
    }

    [Fact]
    public void Two_contexts_do_not_share_names()
    {
        var output = new StringWriter();

        GraphDot.Write(output, [SampleContext.State(), SampleContext.State(open: false)]);

        Assert.Contains("c0_6 -> c0_1;", output.ToString());
        Assert.Contains("c1_6 -> c1_1;", output.ToString());
        Assert.Contains("subgraph cluster_1 {", output.ToString());
    }
}
